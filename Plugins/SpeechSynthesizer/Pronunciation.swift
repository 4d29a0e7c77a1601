// Unsafe: the arguments of `vt_program_run`. Invariants: strings and buffers outlive the call, which keeps none of them; `length` is at most the
// buffer's own.

import CProgramPipe
import Glibc
import PluginKit
import Wire

/// How English is pronounced, by espeak-ng as a program of its own. Blocks: for jobs of the compute pool, never on a loop.
struct Pronunciation: Sendable {
    /// A name that is looked for in PATH, or a path.
    var program: String
    var voice: String

    /// The program may be silent for so long.
    static let silenceMsMax: Int32 = 5_000
    /// What it may say.
    static let outputBytesMax = 64 << 10

    /// One line of IPA for each line of words; empty for words of which the program knows no sound.
    /// - Parameter lines: without line breaks and punctuation, which would end lines of the output.
    /// - Throws: UNAVAILABLE when the program is missing or takes too long, INTERNAL when it fails or its lines do not fit.
    func phonemes(of lines: [String]) throws(PluginError) -> [String] {
        let spoken = Self.lines(of: try run(input: lines.map { $0 + "\n" }.joined()))
        guard spoken.count == lines.count else { throw PluginError(.internalError, "\(program) gave \(spoken.count) lines for \(lines.count)") }
        return spoken
    }

    /// Also the empty ones; behind the last line break is none.
    static func lines(of output: String) -> [String] {
        var lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines.map { String($0.drop { $0 == " " }) }
    }

    private func run(input: String) throws(PluginError) -> String {
        var output = [CChar](repeating: 0, count: Self.outputBytesMax)
        var (length, reason): (Int, Int32) = (0, 0)
        // Without a file it reads its standard input, line by line.
        let words: [String] = [program, "-q", "--ipa", "-v", voice]
        let owned = words.map { (word: String) -> UnsafeMutablePointer<CChar>? in strdup(word) }
        defer { for argument in owned { free(argument) } }
        let arguments: [UnsafePointer<CChar>?] = owned.map { UnsafePointer($0) } + [nil]
        let result = vt_program_run(arguments, input, input.utf8.count, &output, output.count, Self.silenceMsMax, &length, &reason)
        switch UInt32(result) {
        case VT_PROGRAM_OK.rawValue: return String(decoding: output.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        case VT_PROGRAM_NOT_STARTED.rawValue:
            throw PluginError(.unavailable, "\(program) cannot be run: \(String(cString: strerror(reason))); `make setup` installs it")
        case VT_PROGRAM_SILENT.rawValue: throw PluginError(.unavailable, "\(program) said nothing for \(Self.silenceMsMax) ms")
        case VT_PROGRAM_TOO_MUCH.rawValue: throw PluginError(.internalError, "\(program) said more than \(Self.outputBytesMax) bytes")
        default: throw PluginError(.internalError, "\(program) failed (status \(reason))")
        }
    }
}
