// Entry.swift: what every fuzzer of a reader in Swift has. A reader's own file has read(_:), which
// reads the bytes and throws what the reader throws.
import Backprop

/// A refusal must say what is wrong; anything but a ``BackpropError`` is a bug of the reader.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try read(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch let error as BackpropError {
        precondition(error.description.contains(": "), "an error that says nothing: \(error)")
    } catch {
        preconditionFailure("an error of another type: \(error)")
    }
    return 0
}

/// What every input is called.
let source = "input"

/// The bytes of a file with the checksum that they should have, as no fuzzer finds it by itself.
func sealed(_ bytes: [UInt8]) -> [UInt8] {
    let key = Array(#""checksum":""#.utf8)
    let digits = 16
    guard
        let found = bytes.indices.first(where: { bytes[$0...].starts(with: key) }),
        found + key.count + digits <= bytes.count
    else { return bytes }
    let place = (found + key.count)..<(found + key.count + digits)
    var sealed = bytes
    sealed.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: digits))
    var hash = sealed.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    for position in place.reversed() {
        sealed[position] = Array("0123456789abcdef".utf8)[Int(hash & 15)]
        hash >>= 4
    }
    return sealed
}
