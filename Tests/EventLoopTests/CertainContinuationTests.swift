import EventLoop
import Testing

@Suite struct CertainContinuationTests {
    @Test("A task whose answer was submitted to a loop that has ended is told so, rather than left waiting")
    func endedLoop() async throws {
        let loop = try EventLoop(name: "ended")
        loop.start()
        loop.stop()
        loop.join()
        let answer = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation(waiting, otherwise: "dropped")
            loop.submit { continuation.resume(returning: "answered") }
        }
        #expect(answer == "dropped")
    }

    @Test("The first answer counts")
    func first() async {
        let answer = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation(waiting, otherwise: 0)
            continuation.resume(returning: 1)
            continuation.resume(returning: 2)
        }
        #expect(answer == 1)
    }
}
