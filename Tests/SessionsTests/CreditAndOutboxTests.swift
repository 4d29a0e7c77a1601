import EventLoop
import Testing
import Wire

@testable import Sessions

@Suite("Credit by lane")
struct CreditLedgerTests {
    @Test("What exceeds the window is refused with both numbers")
    func over() {
        var ledger = CreditLedger(windows: LaneWindows(audioBytes: 100))
        #expect(throws: Never.self) { try ledger.spend(60, on: .audio) }
        #expect(throws: RPCStatus(.resourceExhausted, "41 bytes sent on the audio lane with 40 bytes of credit left (window 100)")) {
            try ledger.spend(41, on: .audio)
        }
    }

    @Test("Credit comes back in grants of at least half a window")
    func grants() throws {
        var ledger = CreditLedger(windows: LaneWindows(audioBytes: 100))
        try ledger.spend(80, on: .audio)
        #expect(ledger.giveBack(30, on: .audio) == nil)
        #expect(ledger.giveBack(20, on: .audio) == .init(lane: .audio, bytes: 50))
        #expect(ledger.giveBack(30, on: .audio) == nil)
    }

    @Test("What was given back but not granted yet may not be spent again")
    func notYetGranted() throws {
        var ledger = CreditLedger(windows: LaneWindows(audioBytes: 100))
        try ledger.spend(40, on: .audio)
        _ = ledger.giveBack(40, on: .audio)
        #expect(throws: RPCStatus.self) { try ledger.spend(61, on: .audio) }
    }

    @Test("Control is free, and lanes do not touch each other")
    func lanes() throws {
        var ledger = CreditLedger(windows: LaneWindows(audioBytes: 10, mediaBytes: 10, videoBytes: 10))
        try ledger.spend(1 << 30, on: .control)
        try ledger.spend(10, on: .audio)
        try ledger.spend(10, on: .media)
        try ledger.spend(10, on: .video)
    }

    @Test("A sender that keeps to its credit is never refused and never starves", arguments: 0..<50)
    func honestSender(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var ledger = CreditLedger(windows: LaneWindows(mediaBytes: 1_000))
        var credit = 1_000
        var held: [Int] = []
        for _ in 0..<500 {
            let size = Int(random.next() % 400) + 1
            if size <= credit {
                credit -= size
                try ledger.spend(size, on: .media)
                held.append(size)
            } else {
                #expect(!held.isEmpty || credit >= 400, "no credit left although nothing is held: credit \(credit)")
            }
            if random.next() % 2 == 0, let first = held.first {
                held.removeFirst()
                if let grant = ledger.giveBack(first, on: .media) { credit += Int(grant.bytes) }
            }
        }
    }
}

@Suite("Answers are kept until they are acknowledged")
struct OutboxTests {
    @Test("What was not acknowledged can be sent again, in order")
    func resume() {
        var outbox = Outbox(bytesMax: 1_000)
        for byte in 1...5 as ClosedRange<UInt8> { outbox.keep([byte], sequence: outbox.nextSequence()) }
        outbox.acknowledge(upTo: 2)
        #expect(outbox.after(3) == [[4], [5]])
        #expect(outbox.after(5) == [])
        #expect(outbox.bytes == 3)
    }

    @Test("Beyond the limit the oldest go, and a client that wants them is told")
    func limit() {
        var outbox = Outbox(bytesMax: 10)
        for byte in 1...4 as ClosedRange<UInt8> { outbox.keep([byte, byte, byte, byte], sequence: outbox.nextSequence()) }
        #expect(outbox.lostUpTo == 2)
        #expect(outbox.after(1) == nil)
        #expect(outbox.after(2) == [[3, 3, 3, 3], [4, 4, 4, 4]])
    }

    @Test("Its memory does not grow with the messages that went through")
    func bounded() {
        var outbox = Outbox(bytesMax: 100)
        for _ in 0..<100_000 { outbox.keep([1, 2, 3], sequence: outbox.nextSequence()) }
        #expect(outbox.bytes <= 100)
    }

    @Test("A sequence that was never sent cannot be resumed after")
    func future() {
        #expect(Outbox(bytesMax: 10).after(7) == nil)
    }
}

@Suite("Photos in parts")
struct ImageAssemblyTests {
    private func add(_ assembly: inout ImageAssembly, id: UInt64 = 1, part: UInt32, last: Bool, _ data: [UInt8], most: Int = 100) throws
        -> ImageAssembly.Outcome
    {
        try data.withUnsafeBytes { bytes in try assembly.add(imageID: id, part: part, last: last, data: bytes, bytesMax: most) }
    }

    @Test("One part is passed on as it came; several are joined in order")
    func joined() throws {
        var assembly = ImageAssembly()
        #expect(try add(&assembly, part: 0, last: true, [1]) == .whole)
        #expect(try add(&assembly, part: 0, last: false, [1, 2]) == .incomplete)
        #expect(try add(&assembly, part: 1, last: true, [3]) == .joined([1, 2, 3]))
        #expect(assembly.isEmpty)
    }

    @Test("A part out of order is refused and the photo dropped")
    func order() throws {
        var assembly = ImageAssembly()
        _ = try add(&assembly, part: 0, last: false, [1])
        #expect(throws: RPCStatus.self) { try add(&assembly, part: 2, last: true, [1]) }
        #expect(assembly.isEmpty)
    }

    @Test("A photo over the limit is refused before it is held")
    func limit() throws {
        var assembly = ImageAssembly()
        _ = try add(&assembly, part: 0, last: false, [1, 2, 3], most: 4)
        #expect(throws: RPCStatus.self) { try add(&assembly, part: 1, last: false, [4, 5], most: 4) }
    }

    @Test("A new photo replaces an unfinished one")
    func replaced() throws {
        var assembly = ImageAssembly()
        _ = try add(&assembly, id: 1, part: 0, last: false, [1])
        #expect(try add(&assembly, id: 2, part: 0, last: false, [2]) == .incomplete)
        #expect(try add(&assembly, id: 2, part: 1, last: true, [3]) == .joined([2, 3]))
    }
}

@Suite("Which language a text is in")
struct LanguageTests {
    @Test(
        "Han characters decide, brand names and product numbers among them do not",
        arguments: [
            ("gold rings", "en"), ("玫瑰金耳环", "zh"), ("我想要 iPhone 的挂坠", "zh"), ("18k?", "en"), ("", "en"), ("Does 福 mean luck?", "en"),
            ("bracelet-link-silver有货吗？", "zh"), ("VT-10023 到哪了", "zh"), ("what's the 玉 called?", "en"),
        ])
    func guess(text: String, language: String) { #expect(Language(of: text) == Language(answered: language)) }

    @Test("Other languages are answered in English, and the customer is told so in their own when there is hardly a doubt")
    func foreign() {
        #expect(Language(of: "妻に贈る金の指輪を探しています") == Language(answered: "en", foreign: "ja"))
        #expect(Language(of: "Où est ma commande ?") == Language(answered: "en", foreign: "fr"))
        #expect(Language(of: "bague") == Language(answered: "en"))
        #expect(Language(tag: "zh-Hant") == Language(answered: "zh") && Language(tag: "") == Language(answered: "en"))
        #expect(Language(tag: "de-AT").notice.contains("Englisch") && Language(of: "gold rings").notice.isEmpty)
    }
}
