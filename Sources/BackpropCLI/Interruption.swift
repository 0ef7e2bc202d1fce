import Foundation

/// SIGINT (Ctrl-C) and SIGTERM, turned into a wish that a run sees between two of its steps. A second one ends the
/// program at once. Where there are no such signals nothing is caught, and the program ends as ever.
enum Interruption {
    /// The signal that came, or 0. A handler and the thread that trains share it, and nothing else.
    nonisolated(unsafe) private static var caught: Int32 = 0

    /// The signal that came since ``begin()``, or `nil`.
    static var signal: Int32? { caught == 0 ? nil : caught }

    #if os(Windows)
        static func begin() {}
        static func end() {}
    #else
        private static var signals: [Int32] { [SIGINT, SIGTERM] }

        /// Catches signals from here on, but those that the program was started to ignore.
        static func begin() {
            caught = 0
            unblock()
            for number in signals {
                let before = Foundation.signal(number) { number in
                    Interruption.caught = number
                    Foundation.signal(SIGINT, SIG_DFL)
                    Foundation.signal(SIGTERM, SIG_DFL)
                }
                if isIgnore(before) { Foundation.signal(number, SIG_IGN) }
            }
        }

        /// Lets signals end the program again.
        static func end() {
            for number in signals where isIgnore(Foundation.signal(number, SIG_DFL)) {
                Foundation.signal(number, SIG_IGN)
            }
        }

        /// Lets signals through that a parent blocked: a thread of Dispatch does for itself, and its children get that.
        private static func unblock() {
            var set = sigset_t()
            sigemptyset(&set)
            for number in signals { sigaddset(&set, number) }
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
        }

        /// What is not known to the compiler as a function can only be compared by its address.
        private static func isIgnore(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
            unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        }
    #endif

    /// Whether there is a process of a number, as far as one can know.
    static func isRunning(process: Int32) -> Bool {
        #if os(Windows)
            true
        #else
            kill(process, 0) == 0 || errno != ESRCH
        #endif
    }
}
