import EventLoop
import Inference
import Testing

@Suite struct JobSchedulerTests {
    private func scheduler(queue: Int = 100, running: Int = 1, models: [Int] = [1]) -> JobScheduler {
        var scheduler = JobScheduler(queueItemsMax: queue, runningItemsMax: running)
        for (index, requests) in models.enumerated() { scheduler.addModel(index, requests: requests) }
        return scheduler
    }

    private func job(
        _ id: UInt64, model: Int = 0, _ priority: InferencePriority = .interactive, key: UInt64 = 1, deadline: UInt64 = 0
    ) -> JobScheduler.Job {
        JobScheduler.Job(id: id, model: model, priority: priority, fairnessKey: key, deadlineUs: deadline)
    }

    /// Runs everything, one at a time, and says in which order it started.
    private func order(_ scheduler: inout JobScheduler, nowUs: UInt64 = 0) -> [UInt64] {
        var order: [UInt64] = []
        while let decision = scheduler.next(nowUs: nowUs) {
            guard case .start(let job) = decision else { continue }
            order.append(job.id)
            scheduler.ended(job.id)
        }
        return order
    }

    @Test func moreUrgentJobsStartFirst() {
        var scheduler = scheduler()
        let priorities: [InferencePriority] = [.background, .video, .partial, .interactive, .final]
        for (id, priority) in priorities.enumerated() { #expect(scheduler.submit(job(UInt64(id), priority)) == .queued) }
        #expect(order(&scheduler) == [4, 3, 2, 1, 0])
    }

    @Test func sessionsTakeTurnsAndEachIsServedInItsOrder() {
        var scheduler = scheduler()
        for id in 0..<4 { _ = scheduler.submit(job(UInt64(id), key: 7)) }
        _ = scheduler.submit(job(10, key: 8))
        _ = scheduler.submit(job(11, key: 8))
        _ = scheduler.submit(job(20, key: 9))
        #expect(order(&scheduler) == [0, 10, 20, 1, 11, 2, 3])
    }

    @Test func aBusyModelDoesNotHoldBackOthers() {
        var scheduler = scheduler(running: 4, models: [1, 1])
        _ = scheduler.submit(job(1, model: 0, .final))
        _ = scheduler.submit(job(2, model: 0, .final))
        _ = scheduler.submit(job(3, model: 1, .background))
        #expect(scheduler.next(nowUs: 0) == .start(job(1, model: 0, .final)))
        #expect(scheduler.next(nowUs: 0) == .start(job(3, model: 1, .background)))
        #expect(scheduler.next(nowUs: 0) == nil)
        scheduler.ended(1)
        #expect(scheduler.next(nowUs: 0) == .start(job(2, model: 0, .final)))
    }

    @Test func aJobWhoseDeadlinePassedNeverStarts() {
        var scheduler = scheduler()
        _ = scheduler.submit(job(1, deadline: 50))
        _ = scheduler.submit(job(2, deadline: 51))
        #expect(scheduler.next(nowUs: 50) == .expire(job(1, deadline: 50)))
        #expect(scheduler.next(nowUs: 50) == .start(job(2, deadline: 51)))
    }

    @Test func aCancelledJobNeverStartsAndARunningOneCannotBeCancelled() {
        var scheduler = scheduler()
        _ = scheduler.submit(job(1))
        _ = scheduler.submit(job(2))
        #expect(scheduler.cancel(1) == job(1))
        #expect(scheduler.cancel(1) == nil)
        #expect(scheduler.next(nowUs: 0) == .start(job(2)))
        #expect(scheduler.cancel(2) == nil)
    }

    @Test func aFullQueueRefusesUnlessSomethingLessUrgentCanGo() {
        var scheduler = scheduler(queue: 2)
        _ = scheduler.submit(job(1, .video))
        _ = scheduler.submit(job(2, .video))
        #expect(scheduler.submit(job(3, .video)) == .refused)
        #expect(scheduler.submit(job(4, .final)) == .displaced(2))
        #expect(scheduler.submit(job(5, .background)) == .refused)
        #expect(scheduler.queuedItems == 2)
        #expect(order(&scheduler) == [4, 1])
    }

    /// Whatever comes in whatever order: each job ends once, limits hold, and nothing less urgent starts while a job of the same model waits.
    @Test(arguments: 0..<20) func propertiesHoldOverRandomHistories(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let requests = [1, 2, 3]
        var scheduler = scheduler(queue: 16, running: 4, models: requests)
        var waiting: [UInt64: JobScheduler.Job] = [:]
        var running: [UInt64: JobScheduler.Job] = [:]
        var now: UInt64 = 0
        for id in 0..<UInt64(2_000) {
            now += UInt64.random(in: 0..<5, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let made = JobScheduler.Job(
                    id: id, model: Int.random(in: 0..<3, using: &random),
                    priority: InferencePriority.allCases.randomElement(using: &random) ?? .final,
                    fairnessKey: UInt64.random(in: 0..<4, using: &random), deadlineUs: Bool.random(using: &random) ? 0 : now + 20)
                switch scheduler.submit(made) {
                case .queued: waiting[id] = made
                case .refused: #expect(!waiting.values.contains { $0.priority.rawValue > made.priority.rawValue })
                case .displaced(let victim):
                    let gone = waiting.removeValue(forKey: victim)
                    #expect(gone.map { $0.priority.rawValue > made.priority.rawValue } == true)
                    waiting[id] = made
                }
            case 5:
                if let victim = waiting.keys.sorted().randomElement(using: &random) {
                    #expect(scheduler.cancel(victim) == waiting.removeValue(forKey: victim))
                }
            case 6, 7:
                if let ending = running.keys.sorted().randomElement(using: &random) {
                    scheduler.ended(ending)
                    running[ending] = nil
                }
            default:
                while let decision = scheduler.next(nowUs: now) {
                    switch decision {
                    case .expire(let job):
                        #expect(job.deadlineUs != 0 && job.deadlineUs <= now)
                        #expect(waiting.removeValue(forKey: job.id) != nil)
                    case .start(let job):
                        #expect(waiting.removeValue(forKey: job.id) != nil)
                        #expect(!waiting.values.contains { $0.model == job.model && $0.priority.rawValue < job.priority.rawValue })
                        running[job.id] = job
                    }
                }
                #expect(!waiting.values.contains { $0.deadlineUs != 0 && $0.deadlineUs <= now })
            }
            #expect(scheduler.queuedItems == waiting.count && waiting.count <= 16)
            #expect(scheduler.runningItems == running.count && running.count <= 4)
            for model in requests.indices { #expect(running.values.filter { $0.model == model }.count <= requests[model]) }
        }
    }
}
