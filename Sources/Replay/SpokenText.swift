import CheckedYAML
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// Words to be spoken by a synthesiser: English, by espeak-ng as a program of its own, which has many voices, needs no model, and gives the same
/// bytes for the same version. It cannot speak Chinese characters; Chinese speech comes from files.
public struct SpokenText: Sendable, Hashable {
    public var text: String
    /// espeak-ng's name: "en-us", "en-gb", with a variant "en-us+f2", "en-gb+m3" …
    public var voice = "en-us"
    public var wordsPerMinute = 150

    public static let textBytesMax = 4_096
    public static let defaultVoice = "en-us"

    static func read(_ value: YAMLValue) throws(YAMLError) -> SpokenText {
        let text = try value["say"].string()
        guard !text.isEmpty, text.utf8.count <= textBytesMax else { throw value["say"].error("from 1 to \(textBytesMax) bytes are spoken") }
        guard text.unicodeScalars.allSatisfy({ $0.value < 0x250 || (0x2000...0x206F).contains($0.value) || $0.value == 0x20AC }) else {
            throw value["say"].error("only English can be synthesised; give a recording with 'file' for other languages")
        }
        let voice = try value["voice"].string(or: defaultVoice)
        guard voice.hasPrefix("en"), voice.utf8.count <= 32, voice.utf8.allSatisfy(isVoiceByte) else {
            throw value["voice"].error("an English voice of espeak-ng is needed here, such as en-us, en-gb or en-us+f2, not '\(voice)'")
        }
        return SpokenText(text: text, voice: voice, wordsPerMinute: try value["words_per_minute"].int(in: 80...400, or: 150))
    }

    private static func isVoiceByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "+"):
            true
        default: false
        }
    }

    /// Names the sound in the cache: FNV-1a of what it depends on.
    var fileName: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(voice)\n\(wordsPerMinute)\n\(text)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return "\(voice)-\(wordsPerMinute)-" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Speaks texts into files and keeps them. Blocks: for the time before anything is played, never on a loop that serves.
public struct SpeechSynthesiser {
    public let folder: String
    private let program: String

    /// Sounds are kept in `folder`, made when it is missing.
    public init(folder: String, program: String = "espeak-ng") {
        self.folder = folder
        self.program = program
    }

    /// The sound file of a text, spoken now if it was not before. Throws UNAVAILABLE without espeak-ng, INTERNAL when it fails.
    public func file(of spoken: SpokenText) throws(RPCStatus) -> String {
        let path = "\(folder)/\(spoken.fileName).wav"
        if access(path, R_OK) == 0 { return path }
        try Self.makeFolders(folder)
        // Names of its own, so that several programs may speak the same words at once.
        let draft = "\(path).\(getpid())"
        let words = "\(draft).txt"
        defer { unlink(words) }
        try Self.write(Array(spoken.text.utf8), to: words)
        let status = try Subprocess.run([program, "-v", spoken.voice, "-s", "\(spoken.wordsPerMinute)", "-f", words, "-w", draft])
        guard status == 0, access(draft, R_OK) == 0, rename(draft, path) == 0 else {
            throw RPCStatus(
                .internalError, "\(program) could not speak with the voice '\(spoken.voice)' (exit status \(status)); `make setup` installs it")
        }
        return path
    }

    private static func makeFolders(_ path: String) throws(RPCStatus) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part.isEmpty ? "/" : (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            if !part.isEmpty, mkdir(made, 0o755) != 0, errno != EEXIST {
                throw RPCStatus(.permissionDenied, "cannot make the folder \(made): \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(RPCStatus) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw RPCStatus(.permissionDenied, "cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw RPCStatus(.resourceExhausted, "cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}

/// A program run to its end, its output thrown away.
enum Subprocess {
    /// The exit status; 127 when there is no such program.
    static func run(_ arguments: [String]) throws(RPCStatus) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [Int32(1), 2] { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0) }
        var list: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in list { free(pointer) } }
        var child: pid_t = 0
        let failure = posix_spawnp(&child, arguments[0], &actions, nil, &list, environ)
        guard failure == 0 else {
            throw RPCStatus(.unavailable, "\(arguments[0]) cannot be run: \(String(cString: strerror(failure))); `make setup` installs it")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
}
