import ArgumentParser
import Foundation
import Recording
import Replay
import Wire

struct RecordingCutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut", abstract: "Write a part of a recording into a file of its own.",
        discussion: "Times are on the session's time line, as 'show' prints them: SECONDS or MINUTES:SECONDS. The part is sealed with the same key.")

    @OptionGroup var arguments: RecordingArguments

    @Option(help: ArgumentHelp("From this time on.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Up to this time.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("Only this turn, or these: 3 or 2-4.", valueName: "turns"))
    var turns: String?

    @Flag(help: "Write it in the clear.")
    var plain = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The new file.", valueName: "file"))
    var output: String

    func validate() throws {
        if turns != nil, from != nil || to != nil { throw ValidationError("Either --turns or --from and --to.") }
        if turns == nil, from == nil, to == nil { throw ValidationError("--from, --to or --turns is needed.") }
    }

    func run() throws {
        let recording = try arguments.load()
        let part =
            try turns.map { try numbers($0) }.map { range in try attempt { () throws(RPCStatus) in try recording.cut(turns: range) } }
            ?? timed(recording)
        let key = plain ? nil : try arguments.key(recording)
        try attempt { () throws(RPCStatus) in try part.write(output, key: key) }
        printLine("\(output): \(part.entries.count) of \(recording.entries.count) records")
    }

    private func timed(_ recording: Recording) throws -> Recording {
        let fromUs = try from.map(time) ?? 0
        let toUs = try to.map(time) ?? .max
        return try attempt { () throws(RPCStatus) in try recording.cut(fromUs: fromUs, toUs: toUs) }
    }

    private func numbers(_ text: String) throws -> ClosedRange<UInt64> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard let first = parts[0], parts.count <= 2, let last = parts.count == 2 ? parts[1] : first, first <= last else {
            throw Environment.fail("--turns takes a number or two, as 3 or 2-4; not '\(text)'", code: 64)
        }
        return first...last
    }

    private func time(_ text: String) throws -> UInt64 {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let minutes = parts.count == 2 ? UInt64(parts[0]) : 0
        guard parts.count <= 2, let minutes, minutes < 1_000_000, let seconds = parts.last.flatMap({ Double($0) }), seconds >= 0, seconds < 1e8 else {
            throw Environment.fail("a time is SECONDS or MINUTES:SECONDS, as 12.5 or 1:02.250; not '\(text)'", code: 64)
        }
        return minutes * 60_000_000 + UInt64((seconds * 1e6).rounded())
    }
}

struct RecordingRedact: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact", abstract: "Write a recording without personal data into a file of its own.",
        discussion: """
            Speech becomes silence of the same length, pictures become grey ones of the same size, and in texts what looks personal is replaced by \
            something of the same form: e-mail addresses, numbers of five digits or more, names after "my name is". The same recording is always \
            redacted to the same, and the file is marked. What has no such form is found only with --all-text: read the result before you share it.
            """)

    @OptionGroup var arguments: RecordingArguments

    @Flag(help: "Replace every word of every text.")
    var allText = false

    @Flag(help: "Keep speech.")
    var keepAudio = false

    @Flag(help: "Keep photos of products; pictures that may show a face are always replaced.")
    var keepPhotos = false

    @Flag(help: "Write it in the clear, to be shared.")
    var plain = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The new file.", valueName: "file"))
    var output: String

    func run() throws {
        let recording = try arguments.load()
        let options = RedactionOptions(everyWord: allText, keepsAudio: keepAudio, keepsPhotos: keepPhotos)
        let redacted = try attempt { () throws(RPCStatus) in try recording.redacted(options) }
        let key = plain ? nil : try arguments.key(recording)
        try attempt { () throws(RPCStatus) in try redacted.write(output, key: key) }
        printLine("\(output): \(redacted.entries.count) records, redacted\(key == nil ? ", in the clear" : "")")
    }
}

struct RecordingToScript: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "to-script", abstract: "Turn a recording into a script for `vitrine replay`.",
        discussion: """
            Each turn becomes a step that expects what was answered then: products, intent, source, language. Speech and pictures are written beside \
            the script, in the clear. What was not recorded for want of consent is replaced by its transcript, or left out with a comment.
            """)

    @OptionGroup var arguments: RecordingArguments

    @Option(help: ArgumentHelp("What the conversation is called; otherwise its session.", valueName: "text"))
    var name: String?

    @Option(help: "Token that the script is played with: recordings hold none.")
    var token = ""

    @Option(name: .shortAndLong, help: ArgumentHelp("The script, a YAML file.", valueName: "file"))
    var output: String

    func run() throws {
        let recording = try arguments.load()
        guard !FileManager.default.fileExists(atPath: output) else { throw Environment.fail("\(output) is there already", code: 73) }
        let script = try attempt { () throws(RPCStatus) in
            try RecordedScript(recording, name: name ?? "Session \(recording.header.sessionID.prefix(8))", token: token)
        }
        let media = output.hasSuffix(".yaml") ? "\(output.dropLast(5)).media" : "\(output).media"
        let (text, files) = script.rendered(mediaFolder: media.split(separator: "/").last.map(String.init) ?? media)
        do {
            if !files.isEmpty {
                try FileManager.default.createDirectory(atPath: media, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            for file in files { try Data(file.bytes).write(to: URL(fileURLWithPath: "\(media)/\(file.name)")) }
            try text.write(toFile: output, atomically: true, encoding: .utf8)
        } catch {
            throw Environment.fail("\(output): \(error)", code: 73)
        }
        printLine("\(output): \(script.steps.count) steps\(files.isEmpty ? "" : ", \(files.count) files in \(media)")")
    }
}

struct RecordingErase: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase what is recorded of a customer: destroy the key, remove the files.",
        discussion: "Copies kept elsewhere cannot be opened any more either. This cannot be undone.")

    @Argument(help: "The folder of recordings.")
    var folder: String

    @Option(help: "The customer, as the token names them.")
    var user: String?

    @Option(help: "The shop's name in the configuration.")
    var shop: String = "default"

    @Option(help: ArgumentHelp("A guest's session instead.", valueName: "id"))
    var session: String?

    @OptionGroup var keyStore: KeyStoreOption

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        if (user == nil) == (session == nil) { throw ValidationError("Either --user or --session.") }
    }

    func run() throws {
        let subject = user.map { RecordingSubject.user($0, shop: shop) } ?? .session(session ?? "")
        let erasure = try attempt { () throws(RPCStatus) in try RecordingFolder(folder, keys: keyStore.keys).erase(subject) }
        if json {
            printLine(JSON.object(["key_destroyed": erasure.keyDestroyed, "files": erasure.files, "bytes": erasure.bytes]))
        } else {
            printLine(
                erasure.keyDestroyed
                    ? "the key is destroyed; \(erasure.files) recordings, \(erasure.bytes) bytes, are removed" : "there was no key of theirs here")
        }
    }
}
