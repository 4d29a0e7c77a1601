import Foundation
import Testing

/// `vitrine plugin run` over files of all kinds: whoever reads the lines knows what became of each.
@Suite("Plugins over files", .serialized)
struct PluginFilesTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-run-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
    }

    /// The JSON lines of each file, by its name, and what was said besides.
    private func run(_ plugin: String, _ files: [String]) throws -> (status: Int32, lines: [String: [[String: Any]]], said: [Substring]) {
        let run = try ShopProcess.run(["plugin", "run", plugin] + files)
        var lines: [String: [[String: Any]]] = [:]
        var said: [Substring] = []
        for line in run.output.split(separator: "\n") {
            if let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], let file = object["file"] as? String {
                lines[file, default: []].append(object)
            } else {
                said.append(line)
            }
        }
        return (run.status, lines, said)
    }

    private func problem(_ lines: [[String: Any]]?) -> String {
        guard let lines, lines.count == 1, let problem = lines[0]["problem"] as? [String: Any] else { return "no problem: \(lines ?? [])" }
        return "\(problem["code"] ?? 0) \(problem["message"] ?? "")"
    }

    @Test("each file has a line, and each that failed is counted once", .timeLimit(.minutes(10)))
    func texts() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (good, empty) = (try file("good.txt", Array("silver earrings\n\ngold ring".utf8)), try file("empty.txt", Array("\n\n\n".utf8)))
        // Two of its lines cannot be used.
        let mixed = try file("mixed.txt", Array("   \nring\n\t\n".utf8))
        let (missing, inside) = (folder + "/missing.txt", folder + "/folder")
        let result = try run("text-encoder", [good, missing, empty, inside, mixed])
        #expect(result.status == 1)
        #expect(result.lines[good]?.compactMap { $0["line"] as? Int } == [1, 3])
        #expect(problem(result.lines[missing]).hasPrefix("5 "), "\(problem(result.lines[missing]))")
        #expect(problem(result.lines[empty]).hasPrefix("3 "), "\(problem(result.lines[empty]))")
        #expect(problem(result.lines[inside]).hasPrefix("3 "), "\(problem(result.lines[inside]))")
        #expect(result.lines[mixed]?.filter { $0["problem"] != nil }.count == 2 && result.lines[mixed]?.count == 3)
        #expect(result.said.last?.hasSuffix("5 of 8 inputs failed") == true, "\(result.said)")
    }

    @Test("a sound file that claims hours, has no sound or is none is one problem; one of 192 kHz is heard", .timeLimit(.minutes(10)))
    func sounds() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func little(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        func wav(_ samples: Int) -> [UInt8] {
            let format = little(16, 4) + little(1, 2) + little(1, 2) + little(192_000, 4) + little(384_000, 4) + little(2, 2) + little(16, 2)
            return Array("RIFF".utf8) + little(36 + samples * 2, 4) + Array("WAVEfmt ".utf8) + format + Array("data".utf8) + little(samples * 2, 4)
                + [UInt8](repeating: 0, count: samples * 2)
        }
        // A stream information block alone: two hours of 96 kHz.
        let claim = Array("fLaC".utf8) + [0x80, 0, 0, 34, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0x17, 0x70, 0x00, 0xF0, 0x29, 0x2F, 0, 0]
        let flac = try file("claim.flac", claim + [UInt8](repeating: 0, count: 16))
        let (text, silent) = (try file("text.wav", Array("no sound".utf8)), try file("silent.wav", wav(0)))
        let high = try file("high.wav", wav(192_000))
        let result = try run("speech-recognizer", [flac, text, silent, high])
        #expect(result.status == 1)
        for name in [flac, text, silent] { #expect(problem(result.lines[name]).hasPrefix("3 "), "\(name): \(problem(result.lines[name]))") }
        let transcripts = result.lines[high]?.compactMap { $0["transcript"] as? [String: Any] } ?? []
        #expect(transcripts.count == 1 && result.lines[high]?.count == 1, "\(result.lines[high] ?? [])")
    }
}
