import ArgumentParser
import EventLoop
import Foundation

/// Where things are when nobody says otherwise.
enum Environment {
    /// The folder that `make setup` fills.
    static var cacheFolder: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["VITRINE_CACHE"], !folder.isEmpty { return folder }
        if let folder = environment["XDG_CACHE_HOME"], !folder.isEmpty { return folder + "/vitrine" }
        return (environment["HOME"] ?? "") + "/.cache/vitrine"
    }

    /// This program's file.
    static var program: String { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0] }

    /// Plugins are built beside the program.
    static var pluginFolder: String { String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)]) }

    static var isTerminal: Bool { isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil }

    /// Says what is wrong on standard error and ends with `code`.
    static func fail(_ message: String, code: Int32 = 1) -> ExitCode {
        printError("vitrine: " + message)
        return ExitCode(code)
    }
}

/// Runs a loop on this thread until somebody stops it, beginning with `start`.
func run<Object>(_ loop: EventLoop, _ object: Object, _ start: @escaping @Sendable (Object) -> Void) {
    let bound = LoopBound(object, loop: loop)
    loop.submit { start(bound.value) }
    loop.run()
}

/// The next line of standard input without its end; nil at the end.
///
/// `readLine` asks again for ever at the end of input when `errno` is still EINTR from an earlier call of the same thread, as after a stop and a
/// continue while the loop waited.
func nextInputLine() -> String? {
    errno = 0
    return readLine()
}

/// Prints whole lines at once, so that lines of several sources do not mix.
func printLine(_ line: String) { write(line + "\n", to: 1) }

/// The same on standard error.
func printError(_ line: String) { write(line + "\n", to: 2) }

/// Writes everything; ends the program quietly when nobody reads any more, as programs in a pipe do.
func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if written > 0 {
            bytes = bytes.dropFirst(written)
        } else if errno != EINTR && errno != EAGAIN {
            exit(errno == EPIPE ? 141 : 74)
        }
    }
}
