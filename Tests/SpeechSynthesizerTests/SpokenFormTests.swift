import PluginKit
import Testing
import Wire

@testable import SpeechSynthesizer

@Suite("From written to spoken words")
struct SpokenFormTests {
    private func said(_ text: String) -> String { SpokenForm.clauses(of: text).map { $0.words + String($0.mark) }.joined(separator: " ") }

    @Test("Marks end clauses; those inside numbers and names do not")
    func marks() {
        #expect(said("It is in stock. Shall I add it?") == "It is in stock. Shall I add it?")
        #expect(said("Gold, silver; or 1,250.5 grams: done!") == "Gold, silver; or 1,250.5 grams: done!")
        #expect(said("Dr. Smith paid at 10:30, e.g. in cash") == "Dr Smith paid at 10 30, e g in cash.")
        #expect(said("three – five days — or 3–5 — it’s fine…") == "three, five days, or 3 to 5, it's fine.")
    }

    @Test(
        "Money and signs are spelled out",
        arguments: [
            ("USD 480.00 today", "480 dollars today."), ("$1,250.50, please", "1,250 dollars 50, please."), ("$1.", "1 dollar."),
            ("€20 or £ 5", "20 euros or 5 pounds."), ("925 & 50%", "925 and 50 percent."), ("order #A-1042", "order number A-1042."),
            ("USD and EUR", "USD and EUR."), ("AUSD 4", "AUSD 4."),
        ])
    func money(text: String, spoken: String) {
        #expect(said(text) == spoken)
    }

    @Test("Nothing to say gives no clause, and no clause has what would end a line", arguments: ["", " … ", "—", "😀", "()[]", "\n\n", "!?"])
    func nothing(text: String) { #expect(SpokenForm.clauses(of: text).isEmpty) }

    @Test("Whatever the text, clauses are single lines without marks of their own")
    func plain() {
        let text = "A “quoted” (word), [brackets]\nand\ta tab; 3.14 < 4 – yes\u{0}no\u{2028}end | done * 'so'"
        for clause in SpokenForm.clauses(of: text) {
            #expect(!clause.words.isEmpty)
            #expect(!clause.words.contains { "()[]“”\n\t\u{0}\u{2028}<|*;:!?".contains($0) }, "\(clause)")
        }
    }

    @Test(
        "Digits of other widths and scripts, and in circles, are digits",
        arguments: [
            ("Sizes: １２, １４.", "Sizes: 12, 14."), ("①②", "1 2."), ("ring ⑫", "ring 12."), ("٣٤ left", "34 left."), ("$１２", "12 dollars."),
            ("5 cm²", "5 cm²."),
        ])
    func digits(text: String, spoken: String) {
        #expect(said(text) == spoken)
    }

    @Test(
        "A clause that is too long is cut at words, a word where it must be, and nothing is lost",
        arguments: [
            String(repeating: "word ", count: 300), String(repeating: "x", count: 1_500), String(repeating: "1234567 ", count: 60),
            "short " + String(repeating: "y", count: 450) + " end",
        ])
    func longClauses(text: String) {
        let clauses = SpokenForm.clauses(of: text)
        #expect(clauses.count > 1)
        #expect(clauses.map(\.words).joined().filter { $0 != " " } == text.filter { $0 != " " })
        #expect(clauses.dropLast().allSatisfy { $0.mark == "," } && clauses.last?.mark == ".")
        for clause in clauses { #expect(clause.length <= SynthesisLimits.pieceCharactersMax && !clause.words.hasSuffix(" ")) }
        for piece in SpokenForm.pieces(of: clauses) {
            #expect(clauses[piece].map(\.length).reduce(0, +) <= SynthesisLimits.pieceCharactersMax)
        }
        if text.hasPrefix("word") { #expect(clauses.allSatisfy { $0.words.split(separator: " ").allSatisfy { $0 == "word" } }) }
    }

    @Test("Words without a sound keep their line, and every clause gets one")
    func silentWords() throws {
        #expect(Pronunciation.lines(of: "a\n\n b\n") == ["a", "", "b"])
        #expect(Pronunciation.lines(of: "\n") == [""] && Pronunciation.lines(of: "").isEmpty)
        let program = Pronunciation(program: "espeak-ng", voice: "en-us")
        let spoken = try program.phonemes(of: ["Sizes", "۱۲", "①", "end"])
        #expect(spoken.count == 4 && spoken[1].isEmpty && spoken[2].isEmpty && !spoken[0].isEmpty && !spoken[3].isEmpty)
        for text in [String(repeating: "word ", count: 300), String(repeating: "1234567 ", count: 60), String(repeating: "9", count: 800)] {
            let clauses = SpokenForm.clauses(of: text)
            #expect(try program.phonemes(of: clauses.map(\.words)).count == clauses.count)
        }
    }

    @Test("A short piece comes first, then whole sentences, and all clauses once")
    func pieces() {
        let text = "Yes, of course, we have it, in gold and silver. The second one. " + String(repeating: "word, ", count: 100)
        let clauses = SpokenForm.clauses(of: text)
        let pieces = SpokenForm.pieces(of: clauses)
        #expect(pieces[0] == 0..<2)
        #expect(pieces[1] == 2..<4)
        #expect(pieces.flatMap(Array.init) == Array(clauses.indices))
        for piece in pieces { #expect(clauses[piece].map(\.words.count).reduce(0, +) <= SynthesisLimits.pieceCharactersMax) }
        #expect(SpokenForm.pieces(of: []).isEmpty)
    }
}

@Suite("Windows of a voice's frames")
struct WindowPlanTests {
    @Test("Every frame is heard once, with its margins decoded", arguments: [1, 10, 40, 41, 47, 160, 161, 777])
    func cover(frames: Int) {
        let windows = WindowPlan.windows(of: frames)
        #expect(windows.flatMap { Array($0.heard) } == Array(0..<frames))
        for window in windows {
            #expect(window.decoded.lowerBound == max(0, window.heard.lowerBound - WindowPlan.marginFrames))
            #expect(window.decoded.upperBound == min(frames, window.heard.upperBound + WindowPlan.marginFrames))
        }
        #expect(windows[0].heard.count <= WindowPlan.firstFrames)
    }

    @Test("The noise is standard normal and the seed's alone")
    func noise() {
        var one = NormalNumbers(seed: 7)
        var other = NormalNumbers(seed: 7)
        let numbers = one.fill(20_001)
        #expect(numbers == other.fill(20_001))
        let mean = numbers.reduce(0, +) / 20_001
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_001
        #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
        #expect(!numbers.contains { !$0.isFinite })
    }
}

@Suite("The voice's table and its pronunciation")
struct VoiceTests {
    private let table = "rate 22050\nespeak en-us\nnoise 0.667\nlength 1\ntiming 0.8\nphoneme 5f 0\nphoneme 5e 1\nphoneme 24 2\nphoneme 61 14\n"

    @Test("Phonemes become ids with pads between them; unknown ones are left out")
    func ids() throws {
        let voice = try Voice(text: table, named: "voice.txt")
        #expect(voice.ids("a戒a".unicodeScalars) == [1, 0, 14, 0, 14, 0, 2])
        #expect(voice.sampleRateHz == 22_050 && voice.espeakVoice == "en-us")
    }

    @Test(
        "A damaged table is refused, naming the line",
        arguments: [("rate x", "English"), ("phoneme zz 1", "line 6"), ("tempo 1", "line 2"), ("espeak zh", "English")])
    func damaged(line: String, said: String) {
        // The fact itself is damaged, or another one stands in its place.
        var lines = table.split(separator: "\n").map(String.init)
        lines[lines.firstIndex { $0.hasPrefix(line.prefix(4)) } ?? 1] = line
        let error = #expect(throws: PluginError.self) { try Voice(text: lines.joined(separator: "\n"), named: "voice.txt") }
        #expect(error?.status.message.contains(said) == true, "\(String(describing: error))")
    }

    @Test("espeak-ng gives one line for each clause, whatever is in them")
    func pronounced() throws {
        let pronunciation = Pronunciation(program: "espeak-ng", voice: "en-us")
        let text = "The ring costs $1,250.00; order #A-1042 (18k), 3.5 mm x 2, Dr. Smith's e-mail: a.b@c.de! 1/2 & 50% — “yes”..."
        let clauses = SpokenForm.clauses(of: text)
        let lines = try pronunciation.phonemes(of: clauses.map(\.words))
        #expect(lines.count == clauses.count && lines.allSatisfy { !$0.isEmpty })
        #expect(lines[0].contains("ɹˈɪŋ"))
    }

    @Test("A program that is missing, fails, says too little or hangs is UNAVAILABLE or INTERNAL, with its name")
    func broken() {
        for (program, code) in [("/nowhere/espeak", StatusCode.unavailable), ("/bin/false", .internalError), ("/bin/true", .internalError)] {
            let error = #expect(throws: PluginError.self) { try Pronunciation(program: program, voice: "en-us").phonemes(of: ["a"]) }
            #expect(error?.status.code == code && error?.status.message.contains(program) == true, "\(String(describing: error))")
        }
    }
}
