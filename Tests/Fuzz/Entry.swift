// Entry.swift: what every fuzzer of a reader in Swift has. A reader's own file has read(_:), which
// reads the bytes and throws what the reader throws.
import Backprop

/// A refusal must say what is wrong; anything but a ``BackpropError`` is a bug of the reader.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try read(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch let error as BackpropError {
        // In UTF-8: a name may end in what makes one character of itself and the colon.
        precondition(error.description.utf8.contains(": ".utf8), "an error that says nothing: \(error)")
    } catch {
        preconditionFailure("an error of another type: \(error)")
    }
    return 0
}

/// What every input is called.
let source = "input"

/// The bytes of a tensor file with the header's length and the checksum that they should have, as no fuzzer finds them
/// by itself. (That wrong ones are refused is what safetensors.c and the tests see to.)
func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var sealed = bytes
    if let end = endOfHeader(bytes) {
        for index in 0..<headerStart { sealed[index] = UInt8(truncatingIfNeeded: (end - headerStart) >> (8 * index)) }
    }
    guard let place = placeOfChecksum(bytes) else { return sealed }
    for position in place { sealed[position] = UInt8(ascii: "0") }
    var hash = sealed.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    for position in place.reversed() {
        let digit = UInt8(hash & 15)
        sealed[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        hash >>= 4
    }
    return sealed
}

/// Where the checksum's digits are; `nil` where there is none.
private func placeOfChecksum(_ bytes: [UInt8]) -> Range<Int>? {
    let key = Array(#""checksum":""#.utf8)
    let digits = 16
    for start in bytes.indices.dropLast(key.count + digits - 1)
    where bytes[start] == key[0] && bytes[start..<(start + key.count)].elementsEqual(key) {
        return (start + key.count)..<(start + key.count + digits)
    }
    return nil
}

/// Where a tensor file's header begins, after its length.
private let headerStart = 8

/// Where the header ends: behind the object that it begins with and the spaces after that; `nil` if it never does.
private func endOfHeader(_ bytes: [UInt8]) -> Int? {
    var depth = 0
    var (isInString, isEscaped) = (false, false)
    for position in bytes.indices.dropFirst(headerStart) {
        let byte = bytes[position]
        if isInString {
            isInString = isEscaped || byte != UInt8(ascii: "\"")
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            continue
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "}"): depth -= 1
        default: break
        }
        if depth == 0 {
            let spaces = bytes[(position + 1)...].prefix { $0 == UInt8(ascii: " ") }
            return spaces.endIndex
        }
    }
    return nil
}
