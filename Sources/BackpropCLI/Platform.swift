// What depends on the platform.
import Foundation

/// Whether a person may see what is written to a file descriptor.
func isTerminal(_ descriptor: Int32) -> Bool {
    #if os(Windows)
        return _isatty(descriptor) != 0
    #else
        return isatty(descriptor) != 0
    #endif
}

/// The columns of the terminal that a file descriptor is; `nil` where there is none, or it doesn't say.
func terminalColumns(_ descriptor: Int32) -> Int? {
    #if os(Windows)
        return nil
    #else
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    #endif
}
