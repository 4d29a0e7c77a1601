import EventLoop
import Glibc
import Testing
import Wire

@testable import Replay

@Suite("A runner", .timeLimit(.minutes(10)))
struct RunnerTests {
    private func play(_ steps: String, head: String = "") throws -> ConversationResult {
        try ShopTest.play("conversation: c\n\(head)steps:\n" + steps.split(separator: "\n").map { "  \($0)\n" }.joined()).result
    }

    @Test("plays step after step, checks each, and keeps what came with its time")
    func plays() throws {
        let result = try play("- {say: hello, expect: [{reply: {contains: said hello}}, {order: [turn_collecting, reply, turn_done]}]}\n- {say: bye}")
        #expect(result.failures == [])
        #expect(result.steps.map(\.wasTurn) == [true, true])
        #expect(result.steps[0].expectations.map(\.failure) == [nil, nil])
        #expect(result.steps[0].expectations[0].text == "reply: {contains: said hello}")
        // The trace follows the turn's end and still belongs to its step.
        #expect(result.steps[0].messages.contains { if case .trace? = $0.message.kind { true } else { false } })
        #expect(!result.steps[1].messages.contains { $0.message.turnID == 1 })
    }

    @Test("stops at the first step that is not as expected")
    func stops() throws {
        let result = try play("- {say: hello, expect: [{reply: {contains: bye}}]}\n- {say: bye}")
        #expect(result.failures == [#"line 3: reply: the reply lacks "bye": "you said hello""#])
        #expect(result.steps.count == 1)
    }

    @Test("puts what was captured into the steps that follow, and fails at the step that finds nothing")
    func captures() throws {
        let result = try play(
            """
            - {say: order VT-10023, capture: {order: {reply: 'VT-\\d+'}}}
            - {say: 'cancel ${order}', expect: [{reply: {contains: 'cancel ${order}'}}], capture: {said: {reply: 'said (\\w+)'}}}
            - {say: '${said} it', expect: [{reply: {contains: said cancel it}}]}
            """)
        #expect(result.failures == [])
        #expect(
            result.steps.map(\.captured) == [[CapturedValue(name: "order", value: "VT-10023")], [CapturedValue(name: "said", value: "cancel")], []])
        #expect(result.steps[1].expectations.map(\.text) == ["reply: {contains: cancel VT-10023}"])
        let failed = try play("- {say: hello, capture: {order: {reply: 'VT-\\d+'}}}\n- {say: 'cancel ${order}'}")
        #expect(failed.failures == [#"line 3: capture order: /VT-\d+/ is not in the reply: "you said hello""#])
        #expect(failed.steps.count == 1)
    }

    @Test("does not wait longer than a step may take")
    func limit() throws {
        let result = try play("- {say: silent, within_ms: 60}")
        #expect(result.failures == ["line 3: the turn was not over after 60 ms"])
        #expect((60...2_000).contains(result.steps[0].tookMs))
    }

    @Test("interrupts: a step begins after an event of the step before, which ends interrupted")
    func bargeIn() throws {
        let result = try play(
            """
            - {say: slow, expect: [turn_interrupted, {event: turn_done, absent: true}]}
            - {after: {event: reply_start, count: 2}, barge_in: true, within_ms: 150, expect: [turn_interrupted, {event: reply_start, absent: true}]}
            - {say: hello, expect: [{reply: {contains: hello}}]}
            """)
        #expect(result.failures == [])
        #expect(result.steps[1].startedAtMs >= 70)
        #expect(result.steps[0].messages.count { EventKind.replyStart.matches($0) } == 2)
    }

    @Test("does not take the end of an earlier turn for its own")
    func ownTurn() throws {
        let result = try play(
            """
            - {say: slow, expect: [{reply: {contains: piece 0}}]}
            - {after: reply_start, say: hello, expect: [{reply: {contains: hello}}]}
            """)
        #expect(result.failures == [])
        #expect(result.steps[0].tookMs > 300)
        #expect(result.steps[1].tookMs < 200)
    }

    @Test("begins a step at its time, or later than an event by a delay")
    func times() throws {
        let result = try play("- {say: hello}\n- {at_ms: 200, say: again}\n- {after: turn_done, delay_ms: 80, say: later}")
        #expect(result.failures == [])
        #expect((195...1_000).contains(result.steps[1].startedAtMs))
        #expect((75...800).contains(result.steps[2].startedAtMs - result.steps[1].startedAtMs))
    }

    @Test("says when what a step comes after does not come")
    func neverComes() throws {
        let result = try play("- {say: hello}\n- {after: try_on, say: x, within_ms: 50}")
        #expect(result.failures == ["line 4: the step comes after try_on, which did not come within 50 ms"])
    }

    @Test("cancels, loses the connection, and resumes with nothing lost")
    func resumes() throws {
        let played = try ShopTest.play(
            """
            conversation: c
            steps:
              - {say: hello}
              - {cancel: true, expect: [{status: {code: CANCELLED, contains: as asked}}]}
              - {resume: true, expect: [{event: resumed, within_ms: 1000}]}
              - {say: slow, continue: true, expect: [reply_start]}
              - {disconnect: true, expect: [{status: {code: UNAVAILABLE}}]}
              - {resume: true, within_ms: 2000, expect: [resumed, {reply: {contains: piece 0}}, turn_done]}
              - {say: bye, expect: [{reply: {contains: bye}}]}
            """)
        #expect(played.result.failures == [])
        #expect(played.test.counts.connected == 3)
    }

    @Test("says when the stream ends unasked, and when there is no connection to speak over")
    func ends() throws {
        #expect(try play("- {say: full}").failures == ["line 3: the stream ended: RESOURCE_EXHAUSTED: the shop is full"])
        #expect(try play("- {say: full, expect: [{status: {code: RESOURCE_EXHAUSTED, contains: full}}]}").failures == [])
        #expect(
            try play("- {disconnect: true}\n- {delay_ms: 20, say: hello}").failures
                == ["line 4: FAILED_PRECONDITION: there is no connection; 'resume: true' connects again"])
        #expect(try play("- {say: hello}\n- {resume: true}").failures == ["there is nothing to resume: the connection stands"])
    }

    @Test("What must not come is waited for as long as the step lasts")
    func absent() throws {
        let late = try play("- {say: slow, continue: true, within_ms: 2000, expect: [{reply: {contains: piece 0}, absent: true}]}")
        #expect(late.failures.first?.contains("this must not come, and did") == true)
        let early = try play("- {say: slow, continue: true, within_ms: 100, expect: [{reply: {contains: piece 0}, absent: true}]}")
        #expect(early.failures == [])
        #expect(early.steps[0].tookMs >= 100)
    }

    @Test("A line that is late makes everything late, in order")
    func delay() throws {
        let result = try play(
            "- {say: hello, expect: [{order: [turn_collecting, reply, turn_done]}]}", head: "impairments: {delay_ms: 60, jitter_ms: 30}\n")
        #expect(result.failures == [])
        #expect((120...1_000).contains(result.steps[0].tookMs))
    }

    @Test("A connection that is lost on the way is made again, and the answer still comes whole")
    func loss() throws {
        let played = try ShopTest.play(
            """
            conversation: c
            impairments: {lose_connection_at_ms: [100], reconnect_ms: 150}
            steps:
              - {say: slow, expect: [resumed, {reply: {contains: piece 9 piece 8 piece 7 piece 6 piece 5}}, {event: reply_start, count: 10}]}
              - {say: hello}
            """)
        #expect(played.result.failures == [])
        #expect(played.test.counts.connected == 2)
    }

    @Test("A slow reader gets everything, later")
    func slowReader() throws {
        let fast = try play("- {say: slow, expect: [{reply: {}}]}")
        let slow = try play("- {say: slow, expect: [{reply: {}}]}", head: "impairments: {reader_bytes_per_second: 200}\n")
        #expect(fast.failures + slow.failures == [])
        #expect(slow.tookMs > fast.tookMs + 100)
        #expect(try play("- {stop_reading_ms: 300, continue: true}\n- {say: hello}").steps[1].tookMs > 200)
    }

    @Test("Speech is sent at once or at its pace; camera pictures at theirs")
    func paced() throws {
        let root = SchemaTests.root + "/examples/jewelry"
        let text = """
            conversation: c
            steps:
              - {speak: {file: \(root)/audio/where-is-my-order.flac, pace: 4}, expect: [{transcript: {contains: words}}]}
              - {speak: \(root)/audio/where-is-my-order.flac}
              - {video: {frames: [\(root)/catalog/images/ring-signet-gold.jpg, \(root)/catalog/images/ring-signet-gold.jpg], fps: 10}}
            """
        let assets = try ScriptAssets.load(scripts(text), synthesiser: SpeechSynthesiser(folder: "/nowhere"))
        let played = try ShopTest.play(text, assets: assets)
        #expect(played.result.failures == [])
        let seconds = try AudioFile.read("\(root)/audio/where-is-my-order.flac").seconds
        let paced = played.result.steps[0].sentAtMs - played.result.steps[0].startedAtMs
        #expect((seconds * 200...seconds * 1_000).contains(paced))
        #expect(played.result.steps[1].sentAtMs - played.result.steps[1].startedAtMs < paced / 2)
        #expect(played.test.counts.audio == 2 * Int((seconds * 10).rounded(.up)))
        #expect(played.test.counts.frames == 2)
        #expect((100...1_000).contains(played.result.steps[2].sentAtMs - played.result.steps[2].startedAtMs))
    }

    @Test("Long sounds are sent no further ahead than a recogniser lets wait, whatever their pace")
    func ahead() {
        let atOnce = SpeechPace(pace: 0, chunkMs: 100)
        #expect((0..<500).allSatisfy { atOnce.dueUs($0) == 0 })
        #expect(atOnce.dueUs(500) == 100_000 && atOnce.dueUs(899) == 40_000_000, "90 s are sent within 40")
        let fast = SpeechPace(pace: 10, chunkMs: 100)
        #expect(fast.dueUs(10) == 100_000 && fast.dueUs(899) == 40_000_000)
        let slow = SpeechPace(pace: 0.5, chunkMs: 100)
        #expect(slow.dueUs(899) == 179_800_000)
    }

    @Test("A camera sends JPEG when asked to; what is JPEG already, and what is no picture, stays as it is")
    func asJPEG() throws {
        let root = SchemaTests.root + "/examples/jewelry/catalog"
        let files = ["overlays/ring-solitaire-ruby-gold.webp", "images/ring-signet-gold.jpg", "products.jsonl"].map { "\(root)/\($0)" }
        let text = """
            conversation: c
            steps:
              - {video: {frames: [\(files.joined(separator: ", "))], jpeg: 90}}
              - {video: {frames: [\(files.joined(separator: ", "))]}}
            """
        let scripts = try scripts(text)
        let assets = try ScriptAssets.load(scripts, synthesiser: SpeechSynthesiser(folder: "/nowhere"))
        let sent = scripts[0].steps.flatMap(\.actions).compactMap { action in
            if case .video(let video) = action { assets.video(video) } else { nil }
        }
        try #require(sent.count == 2 && sent[0].count == 3)
        #expect(sent[0][0].starts(with: [0xFF, 0xD8, 0xFF]) && !sent[1][0].starts(with: [0xFF, 0xD8]))
        #expect(Array(sent[0][1...]) == Array(sent[1][1...]))
    }
}

@Suite("A run of many conversations", .timeLimit(.minutes(10)))
struct ReplayRunTests {
    @Test("A plan repeats scripts, and shares are disjoint and complete")
    func plan() throws {
        let all = try scripts("conversation: c\nmatrix: {n: [1, 2, 3, 4, 5]}\nsteps: [{say: '${n}'}]")
        #expect(ReplayRun.plan(all, repeated: 2).map(\.repetition) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        let shares = (1...3).map { ReplayRun.plan(all, repeated: 1, shard: ($0, 3)).map(\.script.name) }
        #expect(shares.map(\.count) == [2, 2, 1])
        #expect(Set(shares.joined()) == Set(all.map(\.name)))
    }

    @Test("Results come in the order of the plan, however many play at once; side by side is faster", arguments: [1, 8])
    func parallel(jobs: Int) throws {
        let all = try scripts("conversation: c\nmatrix: {n: [slow, a, slow, b, c, slow, d, e]}\nsteps: [{say: '${n}'}]")
        let test = try ShopTest()
        try test.play(ReplayRun.plan(all, repeated: 1), jobsMax: jobs)
        #expect(test.results.map(\.name) == all.map(\.name))
        #expect(test.results.flatMap(\.failures) == [])
        let whole = test.results.reduce(0) { $0 + $1.tookMs }
        #expect(whole > 1_000)
    }

    @Test("A script that passes and fails is flaky; one that always fails is broken")
    func flaky() {
        func result(_ name: String, _ passed: Bool) -> ConversationResult {
            var result = ConversationResult(name: name, file: "f")
            if !passed { result.error = "x" }
            return result
        }
        let results = [result("a", true), result("b", false), result("c", true), result("a", false), result("b", false), result("c", true)]
        #expect(Flake.find(in: results) == [Flake(name: "a", passed: 1, failed: 1)])
    }
}

@Suite("A load", .timeLimit(.minutes(10)))
struct LoadTests {
    @Test("Due times follow the rate, and rise evenly during the ramp")
    func due() {
        let plain = LoadPlan(clients: 1, ratePerSecond: 10, durationSeconds: 2)
        #expect((0..<25).compactMap { plain.due($0) } == (0..<20).map { Double($0) / 10 })
        let ramped = LoadPlan(clients: 1, rampSeconds: 2, ratePerSecond: 10, durationSeconds: 4)
        let times = (0..<100).compactMap { ramped.due($0) }
        // 10 during the ramp, 20 after it.
        #expect(times.count == 30)
        #expect(times == times.sorted())
        #expect(times.count { $0 < 1 } == 3)
        #expect(abs(times[20] - 3) < 1e-9)
        #expect(LoadPlan(clients: 3, durationSeconds: 1).due(0) == nil)
    }

    @Test("Without a rate every client goes on as soon as it may")
    func closed() throws {
        let test = try ShopTest()
        try test.load(LoadPlan(clients: 4, rampSeconds: 0.1, durationSeconds: 0.5), scripts("conversation: c\nsteps: [{say: hello}, {say: again}]"))
        let report = try #require(test.loadReport)
        #expect(report.failedConversations == 0)
        #expect(report.conversations >= 8)
        #expect(report.turns == UInt64(2 * report.conversations))
        #expect(report.response.isEmpty)
        #expect(report.service.first?.name == "all")
        #expect(report.service.first?.buckets.reduce(0) { $0 + $1.count } == report.turns)
    }

    @Test("With a rate too high for its clients the wait for a free one is told, not hidden")
    func coordinatedOmission() throws {
        let test = try ShopTest()
        // Two customers of 0.4 s each serve 5 conversations a second; 20 are due.
        try test.load(LoadPlan(clients: 2, ratePerSecond: 20, durationSeconds: 0.6), scripts("conversation: c\nsteps: [{say: slow}]"))
        let report = try #require(test.loadReport)
        #expect(report.conversations == 12)
        #expect(report.lateStarts >= 9)
        let service = try #require(report.service.first)
        let response = try #require(report.response.first)
        // A machine that stalls makes the longest one longer, not the one in the middle.
        #expect((350...800).contains(service.p50))
        #expect(response.max > 1_400)
        #expect(response.p50 > service.p50)
    }

    @Test("What is due while the machine stalls is begun all the same, though the time is over by then")
    func stalled() throws {
        let test = try ShopTest()
        // Nothing runs from 0.35 to 0.85 s: what was due from 0.35 to 0.55 s comes after the end of the load.
        test.loop.submit { [loop = test.loop] in loop.after(350_000) { usleep(500_000) } }
        try test.load(LoadPlan(clients: 2, ratePerSecond: 20, durationSeconds: 0.6), scripts("conversation: c\nsteps: [{say: hello}]"))
        let report = try #require(test.loadReport)
        #expect(report.conversations == 12)
        #expect((report.response.first?.max ?? 0) > 300, "the wait is told")
    }

    @Test("What fails is counted with its reason")
    func failures() throws {
        let test = try ShopTest()
        try test.load(
            LoadPlan(clients: 2, ratePerSecond: 20, durationSeconds: 0.3),
            scripts("conversation: c\nsteps: [{say: hello, expect: [{reply: {contains: bye}}]}]"))
        let report = try #require(test.loadReport)
        #expect(report.failedConversations == report.conversations)
        #expect(report.failures.map(\.count) == [report.conversations])
        #expect(report.failures.first?.reason.contains("lacks \"bye\"") == true)
    }
}
