import Foundation
import Replay
import Testing

/// The speech recogniser as a whole, through the program that its users try it with.
@Suite("The speech recogniser on files", .serialized)
struct SpeechTests {
    private static let shop = ShopProcess.root + "/examples/jewelry"
    private static let clips = shop + "/audio/"

    /// What it printed, a JSON object a line.
    private func recognise(_ files: [String], _ options: [String] = []) throws -> [[String: Any]] {
        let arguments = ["plugin", "run", "speech-recognizer", "--plugins", ShopProcess.build] + files + options.flatMap { ["--option", $0] }
        let run = try ShopProcess.run(arguments)
        try #require(run.status == 0, "\(run.output)")
        return try run.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    private func transcripts(_ messages: [[String: Any]], final: Bool) -> [[String: Any]] {
        messages.compactMap { $0["transcript"] as? [String: Any] }.filter { ($0["final"] as? Bool ?? false) == final }
    }

    private func temporary(_ name: String) -> String { NSTemporaryDirectory() + "vitrine-\(UUID().uuidString)-\(name)" }

    /// A WAV file.
    private func write(_ samples: [Double], to path: String, rateHz: Int = 16_000) throws {
        var bytes = Data()
        func number(_ value: Int, _ width: Int) { for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) } }
        bytes.append(contentsOf: Array("RIFF".utf8))
        number(36 + samples.count * 2, 4)
        bytes.append(contentsOf: Array("WAVEfmt ".utf8))
        for (value, width) in [(16, 4), (1, 2), (1, 2), (rateHz, 4), (rateHz * 2, 4), (2, 2), (16, 2)] { number(value, width) }
        bytes.append(contentsOf: Array("data".utf8))
        number(samples.count * 2, 4)
        for sample in samples { number(Int(max(-1, min(1, sample)) * 32_767), 2) }
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    @Test("Silence, noise and music are no words")
    func noSpeech() throws {
        var state: UInt64 = 7
        func noise() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 23) - 1
        }
        let seconds = 12
        let signals: [(String, (Double) -> Double)] = [
            ("silence", { _ in 0 }), ("noise", { _ in 0.2 * noise() }),
            ("swelling", { 0.4 * noise() * (0.5 + 0.5 * sin(2 * .pi * 1.3 * $0)) }),
            (
                "melody",
                { time in
                    let note = [220.0, 277, 330, 440, 370, 294][Int(time * 2) % 6]
                    let age = time * 2 - (time * 2).rounded(.down)
                    return (1...4).reduce(0) { $0 + sin(2 * .pi * note * Double($1) * time) / Double($1) } * 0.3 * exp(-3 * age)
                }
            ),
            ("siren", { 0.4 * sin(2 * .pi * (700 * $0) + 160 * sin(2 * .pi * 0.3 * $0)) }),
        ]
        var files: [String] = []
        for (name, value) in signals {
            files.append(temporary(name + ".wav"))
            try write((0..<seconds * 16_000).map { value(Double($0) / 16_000) }, to: files[files.count - 1])
        }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        for mode in ["mode=file", "mode=live"] {
            let messages = try recognise(files, [mode])
            #expect(!messages.isEmpty)
            for message in messages { #expect(((message["transcript"] as? [String: Any])?["text"] as? String ?? "") == "", "\(message)") }
        }
    }

    @Test("A vocabulary's slots are read out of what was said")
    func slots() throws {
        let vocabulary = temporary("vocabulary.json")
        defer { try? FileManager.default.removeItem(atPath: vocabulary) }
        try #"{"slots": {"metal": ["gold", "silver"], "stone": ["ruby", "pearls"], "kind": ["rings", "earrings", "necklace"]}}"#
            .write(toFile: vocabulary, atomically: true, encoding: .utf8)
        let messages = try recognise(
            [Self.clips + "gold-ruby-rings.flac", Self.clips + "silver-pearl-earrings.flac"], ["vocabulary=\(vocabulary)"])
        let slots = transcripts(messages, final: true).map { transcript in
            (transcript["slots"] as? [[String: Any]] ?? []).map { "\($0["name"] ?? "")=\($0["value"] ?? "")" }
        }
        #expect(slots == [["metal=gold", "stone=ruby", "kind=rings"], ["metal=silver", "stone=pearls", "kind=earrings"]])
        let missing = try ShopProcess.run([
            "plugin", "run", "speech-recognizer", "--plugins", ShopProcess.build, Self.clips + "where-is-my-order.flac", "--option",
            "vocabulary=/nowhere.json",
        ])
        #expect(missing.status != 0 && missing.output.contains("/nowhere.json"))
    }

    @Test("The words that the example shop expects are those of its catalogue, and of the names that filters know")
    func vocabularyOfTheShop() throws {
        let derived = temporary("vocabulary.json")
        defer { try? FileManager.default.removeItem(atPath: derived) }
        let run = try ShopProcess.run(["train", "vocabulary", Self.shop + "/catalog/products.jsonl", "--out", derived])
        try #require(run.status == 0, "\(run.output)")
        func words(_ path: String) throws -> [String: [String]] {
            let file = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
            return try #require(file["words"] as? [String: [String]])
        }
        let (kept, anew) = (try words(Self.shop + "/vocabulary.json"), try words(derived))
        let remedy = "run `vitrine train vocabulary examples/jewelry/catalog/products.jsonl --out examples/jewelry/vocabulary.json`"
        #expect(kept.keys.sorted() == anew.keys.sorted(), "\(remedy)")
        for (language, words) in anew.sorted(by: { $0.key < $1.key }) {
            let old = kept[language] ?? []
            #expect(Set(words).subtracting(old).sorted() == [], "words of \(language) that the file lacks: \(remedy)")
            #expect(Set(old).subtracting(words).sorted() == [], "words of \(language) that the catalogue has no more: \(remedy)")
            // What comes first is told to the decoder, as far as there is room.
            #expect(words == old, "the order of \(language): \(remedy)")
        }
    }

    @Test("What was settled while somebody spoke stays")
    func partials() throws {
        let messages = try recognise([Self.clips + "birthday-gift.flac"], ["mode=live"])
        var settled = ""
        for message in messages {
            guard let transcript = message["transcript"] as? [String: Any] else { continue }
            let text = transcript["text"] as? String ?? ""
            #expect(text.hasPrefix(settled))
            let stable = transcript["stableBytes"] as? Int ?? 0
            settled = transcript["final"] as? Bool == true ? "" : String(decoding: Array(text.utf8).prefix(stable), as: UTF8.self)
        }
        #expect(transcripts(messages, final: true).contains { ($0["text"] as? String)?.lowercased().contains("sister") == true })
    }

    @Test("A sentence that sounds complete ends at a pause in which another one goes on")
    func endOfTurn() throws {
        // "… something with a moon" is said like something left hanging; "show me gold rings with a ruby" is not.
        func utterances(_ clip: String, _ options: [String]) throws -> Int {
            let file = temporary("pause.wav")
            defer { try? FileManager.default.removeItem(atPath: file) }
            let clip = try AudioFile.read(Self.clips + clip)
            let said = clip.samples.map { Double($0) / 32_768 }
            // The clips have a second of silence of their own at either end.
            try write(said + said, to: file, rateHz: clip.sampleRateHz)
            return transcripts(try recognise([file], ["mode=live", "endpoint_silence_ms=2000"] + options), final: true).count
        }
        #expect(try utterances("gold-ruby-rings.flac", []) == 1)
        #expect(try utterances("gold-ruby-rings.flac", ["end_of_turn=on"]) == 2)
        #expect(try utterances("birthday-gift.flac", ["end_of_turn=on"]) == 1)
    }

    @Test("Frame features come when they are asked for")
    func features() throws {
        let messages = try recognise([Self.clips + "where-is-my-order.flac"], ["features=logmel,mfcc"])
        let features = messages.compactMap { $0["features"] as? [String: Any] }
        #expect(features.map { $0["name"] as? String } == ["logmel", "mfcc"])
        #expect(features.map { $0["width"] as? Int } == [80, 13])
        let counts = features.map { ($0["values"] as? [Double])?.count ?? 0 }
        #expect(counts[0] > 80 * 50 && counts[0] / 80 == counts[1] / 13)
    }

    @Test("Files that are no sound are refused with a reason, and the others are still read")
    func badFiles() throws {
        let broken = temporary("broken.wav")
        defer { try? FileManager.default.removeItem(atPath: broken) }
        try Data("RIFF....WAVE no sound".utf8).write(to: URL(fileURLWithPath: broken))
        let run = try ShopProcess.run([
            "plugin", "run", "speech-recognizer", "--plugins", ShopProcess.build, broken, Self.clips + "where-is-my-order.flac", "/nowhere.wav",
        ])
        #expect(run.status != 0)
        #expect(run.output.contains(broken) && run.output.contains("/nowhere.wav") && run.output.lowercased().contains("my order"))
    }
}
