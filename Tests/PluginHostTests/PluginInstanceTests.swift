import EventLoop
import PluginHost
import Router
import TestSupport
import Testing
import Wire

@Suite struct PluginInstanceTests {
    private let workshop: Workshop

    init() throws { workshop = try Workshop() }

    /// Opens a stream of the probe, sends it `messages`, and gives its events once `enough` says so; then the instance is shut down.
    private func converse(
        _ messages: [String], clock: LoopClock.Mode = .real, limits: PluginLimits = PluginLimits(), then: String = "",
        until enough: @escaping @Sendable (_ texts: [String], _ closed: [RPCStatus]) -> Bool
    ) async throws -> (texts: [String], closed: [RPCStatus]) {
        let host = try workshop.host(limits: limits)
        let generation = try host.load(try workshop.probe())
        return try await withLoop(clock) { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            var stream: (any NodeStream)?
            let events = Events { events in
                guard enough(events.texts, events.closed) else { return }
                events.onEvent = { _ in }
                let result = (texts: events.texts, closed: events.closed)
                stream?.cancel()
                stream = nil
                instance.retire()
                // What is still under way ends before the loop does.
                loop.every(1_000) { if instance.outstanding == 0 { done(result) } }
            }
            let opened = try instance.open(StreamOpen(sessionKey: 3, turnID: 1, language: "en"), events: events)
            stream = opened
            for text in messages { opened.data(message(text)) }
            if then == "halfClose" { opened.halfClose() }
            #expect(events.emitted.isEmpty && events.closed.isEmpty, "no event comes from within a call")
        }
    }

    @Test func messagesComeBackInOrderAndHalfCloseEndsTheStream() async throws {
        let result = try await converse(["e1", "e2", "e3"], then: "halfClose") { !$1.isEmpty }
        #expect(result.texts == ["e1", "e2", "e3", "last"])
        #expect(result.closed == [.ok])
        #expect(workshop.observer.count("destroyed") == 1)
    }

    /// A worker acknowledges its inputs with the output during which its stream is quiet: with the first of several, the others could be lost.
    @Test func aStreamIsQuietWithTheLastOfItsOutputsAndNotBefore() async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe())
        let quiet: [Bool] = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            var stream: (any NodeStream)?
            var found: [Bool] = []
            let events = Events { events in
                guard let opened = stream, events.closed.isEmpty else { return }
                found.append(instance.isQuiet(instance.token(of: opened)))
                guard found.count == 3 else { return }
                events.onEvent = { _ in }
                opened.cancel()
                stream = nil
                instance.retire()
                loop.nextTick { done(found) }
            }
            let opened = try instance.open(StreamOpen(sessionKey: 3), events: events)
            stream = opened
            for text in ["e1", "e2", "e3"] { opened.data(message(text)) }
            #expect(!instance.isQuiet(instance.token(of: opened)))
        }
        #expect(quiet == [false, false, true])
    }

    @Test func aJobThatOutlivesItsLoopDisturbsNobody() async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe())
        let outstanding: UInt32 = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            let stream = try instance.open(StreamOpen(sessionKey: 3), events: Events { _ in })
            stream.data(message("c"))
            stream.cancel()
            instance.retire()
            done(UInt32(instance.outstanding))
        }
        #expect(outstanding == 1, "a job of 20 ms was under way when the loop was stopped")
        try await Task.sleep(for: .milliseconds(100))
        // A slow machine may have ended the job before the loop.
        #expect(workshop.observer.count("destroyed") <= 1)
    }

    @Test func inferenceComputeAndTimersAreCompleted() async throws {
        let result = try await converse(["i", "c", "d", "t", "n"]) { texts, _ in texts.count == 5 }
        #expect(Set(result.texts) == ["sum = 2 4 6", "compute 0 ", "compute 15 the compute job failed", "timer 0 ", "random 1"])
        #expect(workshop.observer.count("completed") == 4)
    }

    @Test func virtualTimeRunsATimerOfAMinuteAtOnceInOrder() async throws {
        let result = try await converse(["T", "t"], clock: .virtual) { texts, _ in texts.count == 2 }
        #expect(result.texts == ["timer 0 ", "timer 0 "])
    }

    @Test func closingCancelsWhatIsUnderWayAndNothingFollows() async throws {
        let result = try await converse(["e", "c", "T", "i", "x", "e"]) { !$1.isEmpty }
        #expect(result.texts == ["e"])
        #expect(result.closed == [RPCStatus(.notFound, "gone")])
        #expect(workshop.observer.count("cancelled") == 3)
        #expect(workshop.observer.count("completed") == 0)
        #expect(workshop.observer.count("cancel") == 0, "a plugin that closed is not told to cancel")
        #expect(workshop.observer.count("destroyed") == 1)
    }

    @Test func cancellingTellsThePluginOnceAndDeliversNoEvent() async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe())
        let counts: [Int] = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            let events = Events()
            let stream = try instance.open(StreamOpen(sessionKey: 3), events: events)
            for text in ["e", "c", "T", "i"] { stream.data(message(text)) }
            stream.cancel()
            stream.cancel()
            stream.data(message("e"))
            stream.halfClose()
            instance.retire()
            loop.every(1_000) { if instance.outstanding == 0 { done([events.emitted.count, events.closed.count, instance.openStreams]) } }
        }
        #expect(counts == [0, 0, 0])
        #expect(workshop.observer.count("cancel") == 1 && workshop.observer.count("cancelled") == 3)
        #expect(workshop.observer.count("destroyed") == 1)
    }

    @Test func anAbandonedTimerIsCompletedCancelledAndTheStreamGoesOn() async throws {
        let result = try await converse(["T", "a", "a", "e"]) { texts, _ in texts.count == 2 }
        #expect(result.texts == ["e", "timer 1 the operation was abandoned"])
        #expect(workshop.observer.count("cancelled") == 1)
    }

    @Test func tokensThatNameNothingGetAStatusAndNeverCrash() async throws {
        let result = try await converse(["m"]) { texts, _ in texts.count == 1 }
        #expect(result.texts == ["refused 14"])
    }

    @Test func aWrongNameOrShapeIsCompletedWithAReason() async throws {
        let result = try await converse(["j", "k"]) { texts, _ in texts.count == 2 }
        #expect(result.texts[0].hasPrefix("infer 3 model probe/add needs each of its inputs once: a, b") || result.texts[0].contains("no input"))
        #expect(result.texts[1].hasPrefix("infer 3 ") && result.texts[1].contains("\"a\""))
    }

    @Test func aFloodStopsAtTheOutputLimit() async throws {
        let result = try await converse(["f"], limits: PluginLimits(streamOutputItemsMax: 10)) { texts, _ in texts.count == 10 }
        #expect(result.texts.count == 10)
        #expect(workshop.observer.count("flooded") == 10)
    }

    @Test func operationsBeyondTheLimitAreRefused() async throws {
        let result = try await converse(["T", "T", "T"], limits: PluginLimits(streamOperationsMax: 2)) { !$1.isEmpty }
        #expect(result.closed.map(\.code) == [.resourceExhausted])
    }

    @Test func tensorsBeyondTheBudgetAreRefused() async throws {
        let result = try await converse(["i"], limits: PluginLimits(streamTensorBytesMax: 8)) { texts, _ in texts.count == 1 }
        #expect(result.texts == ["no tensor"])
    }

    @Test func aMessageThatThePluginRefusesClosesTheStreamWithThatStatus() async throws {
        let result = try await converse(["r"]) { !$1.isEmpty }
        #expect(result.closed.map(\.code) == [.outOfRange])
    }

    @Test func streamsAreRefusedWithAReasonAndAtTheLimit() async throws {
        let host = try workshop.host(limits: PluginLimits(instanceStreamsMax: 1))
        let generation = try host.load(try workshop.probe())
        let statuses: [RPCStatus] = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            func status(turn: UInt64) -> RPCStatus {
                do throws(RPCStatus) {
                    _ = try instance.open(StreamOpen(sessionKey: 1, turnID: turn), events: Events())
                    return .ok
                } catch {
                    return error
                }
            }
            let result = [status(turn: 13), status(turn: 1), status(turn: 2)]
            instance.shutDown()
            done(result)
        }
        #expect(
            statuses == [
                RPCStatus(.outOfRange, "not on the 13th"), .ok, RPCStatus(.resourceExhausted, "the plugin has 1 streams open, which is its limit"),
            ])
        #expect(workshop.observer.count("destroyed") == 1)
    }

    @Test func shuttingDownEndsOpenStreamsOnceWithAStatus() async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe())
        let closed: [RPCStatus] = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            let events = Events()
            let stream = try instance.open(StreamOpen(sessionKey: 1), events: events)
            stream.data(message("T"))
            instance.shutDown(RPCStatus(.unavailable, "bye"))
            loop.every(1_000) { if instance.outstanding == 0 { done(events.closed) } }
        }
        #expect(closed == [RPCStatus(.unavailable, "bye")])
        #expect(workshop.observer.count("destroyed") == 1)
    }

    @Test func thousandsOfStreamsLeaveNothingBehind() async throws {
        let host = try workshop.host()
        let generation = try host.load(try workshop.probe())
        let left: Int = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            var ended = 0
            for index in 0..<2_000 {
                let events = Events { events in
                    if !events.closed.isEmpty { ended += 1 }
                    guard ended == 2_000 else { return }
                    instance.retire()
                    loop.every(1_000) { if instance.outstanding == 0 { done(instance.openStreams) } }
                }
                let stream = try instance.open(StreamOpen(sessionKey: UInt64(index)), events: events)
                stream.data(message(index % 2 == 0 ? "e" : "T"))
                stream.halfClose()
            }
        }
        #expect(left == 0)
        #expect(workshop.observer.count("cancelled") == 1_000)
        #expect(workshop.observer.count("destroyed") == 1)
    }
}
