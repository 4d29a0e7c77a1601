import ArgumentParser
import Foundation
import Recording
import Wire

struct RecordingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recording", abstract: "Look into recorded conversations, cut and redact them, turn them into scripts.",
        discussion: """
            `vitrine serve --record FOLDER` writes one file (.vrec) a session, sealed with its customer's key. The keys are in FOLDER/keys unless \
            --keys says otherwise. Exit codes: 0 fine, 1 the file is damaged, 64 wrong usage, 65 it cannot be read.
            """,
        subcommands: [
            RecordingShow.self, RecordingStatsCommand.self, RecordingVerify.self, RecordingCutCommand.self, RecordingRedact.self,
            RecordingToScript.self, RecordingReplay.self, RecordingErase.self,
        ])
}

/// Which recording, and where its key is.
struct RecordingArguments: ParsableArguments {
    @Argument(help: "The recording (.vrec).")
    var recording: String

    @OptionGroup var keyStore: KeyStoreOption

    func load() throws -> Recording { try loaded(recording, keyStore.store(beside: recording)) }

    /// What the recording is sealed with; nil when it is in the clear.
    func key(_ recording: Recording) throws -> RecordingKey? {
        guard !recording.header.keyID.isEmpty else { return nil }
        return try attempt { () throws(RPCStatus) in try keyStore.store(beside: self.recording).key(id: recording.header.keyID) }
    }
}

struct KeyStoreOption: ParsableArguments {
    @Option(help: ArgumentHelp("The key store, unless it is 'keys' beside the recording.", valueName: "folder"))
    var keys: String?

    func store(beside file: String) -> RecordingKeys { keys.map { RecordingKeys(folder: $0) } ?? RecordingFolder.keys(besideFile: file) }
}

func loaded(_ path: String, _ keys: RecordingKeys) throws -> Recording {
    try attempt { () throws(RPCStatus) in try Recording.load(path, keys: keys) }
}

/// Runs something that fails with a status; says why and ends with exit code 65 then.
func attempt<Value>(_ body: () throws(RPCStatus) -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw Environment.fail(error.message, code: 65)
    }
}

struct RecordingShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a recording, one line a record.",
        discussion: "→ is what the customer does, ← what the shop answers, ⇄ traffic with others, · what was read of the customer's own data.")

    @OptionGroup var arguments: RecordingArguments

    @Flag(help: "Print records as JSON lines; pictures and samples are left out.")
    var json = false

    @Flag(help: "Leave out credit, acknowledgements and pieces of audio.")
    var brief = false

    func run() throws {
        let recording = try arguments.load()
        if json {
            printLine("{\"header\":\(try attempt { () throws(RPCStatus) in try recording.header.json() })}")
        } else {
            for line in RecordingLines.lines(recording.header) { printLine(line) }
            printLine("")
        }
        for entry in recording.entries where !(brief && entry.isSmallTalk) {
            printLine(json ? RecordingJSON.line(entry) : RecordingLines.line(entry))
        }
        if let end = recording.end {
            let message = end.message.isEmpty ? "" : ": \(end.message)"
            printLine(
                json
                    ? JSON.object(["end": end.reason.name, "message": end.message, "time_us": recording.durationUs])
                    : "\(RecordingLines.time(recording.durationUs))  ■  \(end.reason.name)\(message)")
        }
        for damage in recording.damages { printError("\(arguments.recording): \(damage)") }
        if !recording.damages.isEmpty { throw ExitCode(1) }
    }
}

struct RecordingStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Count what is in recordings.", discussion: "A folder stands for all recordings in it.")

    @Argument(help: "Recordings, or folders of them.")
    var recordings: [String]

    @OptionGroup var keyStore: KeyStoreOption

    @Flag(help: "Print a JSON object for each recording.")
    var json = false

    func run() throws {
        var damaged = false
        for file in try recordings.flatMap(recordingFiles) {
            let stats = RecordingStats(try loaded(file, keyStore.store(beside: file)))
            damaged = damaged || stats.damages > 0
            if json { printLine(JSON.object(object(stats, file))) } else { print(stats, file) }
        }
        if damaged { throw ExitCode(1) }
    }

    private func print(_ stats: RecordingStats, _ file: String) {
        printLine("\(file): session \(stats.sessionID), \(RecordingLines.time(stats.durationUs)), \(stats.turns) turns, \(stats.fileBytes) bytes")
        printLine("  ended: \(stats.end.isEmpty ? "cut off" : stats.end)\(stats.damages > 0 ? "; damaged: see vitrine recording verify" : "")")
        if !stats.turnsTookUs.isEmpty {
            let sorted = stats.turnsTookUs.sorted()
            printLine("  a turn took \(sorted[sorted.count / 2] / 1_000) ms (median), \(sorted[sorted.count - 1] / 1_000) ms (longest)")
        }
        for row in stats.rows {
            let name = "\(row.direction) \(row.kind)"
            printLine(
                "  \(name)\(String(repeating: " ", count: max(1, 28 - name.count)))\(row.records) records, \(row.bytes) bytes"
                    + (row.withheld > 0 ? ", \(row.withheld) withheld or redacted" : ""))
        }
    }

    private func object(_ stats: RecordingStats, _ file: String) -> [String: Any] {
        [
            "file": file, "session": stats.sessionID, "duration_us": stats.durationUs, "bytes": stats.fileBytes, "records": stats.records,
            "turns": stats.turns, "turns_took_us": stats.turnsTookUs, "end": stats.end, "damages": stats.damages,
            "rows": stats.rows.map {
                ["direction": $0.direction, "kind": $0.kind, "records": $0.records, "bytes": $0.bytes, "withheld": $0.withheld] as [String: Any]
            },
        ]
    }
}

struct RecordingVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that recordings are whole: every record, and that payloads open where the key is here.",
        discussion: "Says what is wrong and at which byte. Exits with 1 when something is.")

    @Argument(help: "Recordings, or folders of them.")
    var recordings: [String]

    @OptionGroup var keyStore: KeyStoreOption

    @Flag(help: "Print a JSON object for each recording.")
    var json = false

    func run() throws {
        var isDamaged = false
        for file in try recordings.flatMap(recordingFiles) {
            do throws(RPCStatus) {
                let recording = try Recording.load(file, keys: keyStore.store(beside: file))
                isDamaged = isDamaged || !recording.damages.isEmpty
                report(file, recording)
            } catch {
                // A file that is damaged so much is a finding; one that is not there is not.
                guard [.dataLoss, .invalidArgument].contains(error.code) else { throw Environment.fail(error.message, code: 65) }
                isDamaged = true
                printLine(
                    json
                        ? JSON.object(["file": file, "ok": false, "damages": [["offset": 0, "what": error.message] as [String: Any]]]) : error.message
                )
            }
        }
        if isDamaged { throw ExitCode(1) }
    }

    private func report(_ file: String, _ recording: Recording) {
        if json {
            let damages = recording.damages.map { ["offset": $0.offset, "what": $0.description] as [String: Any] }
            return printLine(
                JSON.object([
                    "file": file, "ok": damages.isEmpty, "records": recording.entries.count, "sealed": recording.isSealed,
                    "end": recording.end?.reason.name ?? "", "damages": damages,
                ]))
        }
        let sealed = recording.isSealed ? ", sealed (its key is not here)" : ""
        if recording.damages.isEmpty {
            return printLine("\(file): whole, \(recording.entries.count) records\(sealed), ended: \(recording.end?.reason.name ?? "")")
        }
        for damage in recording.damages { printLine("\(file): \(damage)") }
        printLine("\(file): \(recording.entries.count) records are whole\(sealed)")
    }
}

/// A folder's recordings, or the file itself.
func recordingFiles(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [path] }
    return try attempt { () throws(RPCStatus) in try RecordingFolder(path).files() }
}

extension RecordedEntry {
    /// What a reader of a conversation does not miss.
    fileprivate var isSmallTalk: Bool {
        switch message {
        case .control(.credit): return true
        case .client(let message):
            switch message.kind {
            case .audio(let chunk): return !chunk.last
            case .control(let control): if case .acknowledge = control.kind { return true } else { return false }
            default: return false
            }
        case .server(let message): if case .audio = message.kind { return true } else { return false }
        default: return false
        }
    }
}
