import EventLoop
import Glibc
import Locks
import Wire

/// The thread that starts and ends jobs: mailbox in, JobScheduler's decisions out. OpenVINO's requests are touched nowhere else.
///
/// The mailbox and the counter may be used on any thread. Jobs and requests belong to the dispatcher's thread.
final class Dispatcher: @unchecked Sendable {
    /// Checks for expired jobs at least this often while any job waits.
    static let expiryPollUs: UInt64 = 5_000

    private enum Event {
        case add(CompiledModel, [Request])
        case submit(Pending)
        case cancel(UInt64)
        case finished(Request)
        case stop
    }

    private struct Mailbox {
        var events: [Event] = []
        var nextJob: UInt64 = 1
        var isClosed = false
    }

    /// A job from its submission to its end.
    struct Pending {
        let job: JobScheduler.Job
        let model: CompiledModel
        let inputs: [(index: Int, tensor: HostTensor)]
        let outputs: [Int]
        let budget: MemoryBudget?
        let loop: EventLoop
        let delivery: PendingDelivery
        let completion: Completion
        let submittedUs: UInt64
        var startedUs: UInt64 = 0
    }

    private let mailbox = Lock(Mailbox())
    private let thread: Lock<pthread_t?>

    /// What the thread owns; the dispatcher itself can go away while the thread ends.
    private final class State: @unchecked Sendable {
        var scheduler: JobScheduler
        var jobs: [UInt64: Pending] = [:]
        var idle: [Int: [Request]] = [:]
        var busy: [UInt64: Request] = [:]
        /// Tells the time; any loop on the real clock does.
        var clock: EventLoop?
        let observer: (@Sendable (InferenceMeasurement) -> Void)?

        init(_ configuration: InferenceConfiguration) {
            scheduler = JobScheduler(queueItemsMax: configuration.queueItemsMax, runningItemsMax: configuration.runningItemsMax)
            observer = configuration.observer
        }
    }

    init(_ configuration: InferenceConfiguration) {
        let state = State(configuration)
        thread = Lock(startThread(named: "inference", nice: configuration.niceIncrement) { [mailbox] in Self.run(mailbox, state) })
    }

    deinit {
        // Not waited for here: the last reference may go on a loop.
        guard let thread = takeThread() else { return }
        Self.post(.stop, to: mailbox)
        LeftThreads.leave(thread)
    }

    /// Cancels what waits, waits for what runs, and ends the thread. Not on a loop. Again: nothing.
    func shutDown() {
        guard let thread = takeThread() else { return }
        Self.post(.stop, to: mailbox)
        pthread_join(thread, nil)
    }

    private func takeThread() -> pthread_t? {
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
    }

    func add(_ model: CompiledModel, _ requests: [Request]) { Self.post(.add(model, requests), to: mailbox) }

    func cancel(_ id: UInt64) { Self.post(.cancel(id), to: mailbox) }

    /// For OpenVINO's callbacks.
    var finished: @Sendable (Request) -> Void {
        { [mailbox] request in Self.post(.finished(request), to: mailbox) }
    }

    func submit(_ job: InferenceJob, on loop: EventLoop, _ done: @escaping (Result<[HostTensor], RPCStatus>) -> Void) throws(RPCStatus) -> UInt64 {
        guard let model = job.model as? CompiledModel else {
            throw RPCStatus(.invalidArgument, "model \(job.model.name) was not loaded by this inference service")
        }
        let inputs = try job.inputs.map { input throws(RPCStatus) in
            let tensor = input.tensor.raw == nil ? try HostTensor(model.library, wrapping: input.tensor) : input.tensor
            return (index: try Self.index(of: input.name, among: model.inputs, "input", model), tensor: tensor)
        }
        guard Set(inputs.map(\.index)).count == model.inputs.count else {
            let names = model.inputs.map(\.name).joined(separator: ", ")
            throw RPCStatus(.invalidArgument, "model \(model.name) needs each of its inputs once: \(names)")
        }
        let outputs = try job.outputs.map { name throws(RPCStatus) in
            try Self.index(of: name, among: model.outputs, "output", model)
        }
        let delivery = loop.expectDelivery("inference", of: model.name, modelledCostUs: model.modelledCostUs)
        let completion = Completion(done)
        let id = mailbox.withLock { mailbox -> UInt64? in
            guard !mailbox.isClosed else { return nil }
            let id = mailbox.nextJob
            mailbox.nextJob += 1
            // On a virtual clock no time passes while a job waits: only one that comes too late is too late.
            let late = job.deadlineUs != 0 && job.deadlineUs <= loop.nowUs
            let deadline = loop.mode == .real ? job.deadlineUs : late ? 1 : 0
            let scheduled = JobScheduler.Job(
                id: id, model: model.index, priority: job.priority, fairnessKey: job.fairnessKey, deadlineUs: deadline)
            let pending = Pending(
                job: scheduled, model: model, inputs: inputs, outputs: outputs, budget: job.budget, loop: loop, delivery: delivery,
                completion: completion, submittedUs: loop.nowUs)
            mailbox.events.append(.submit(pending))
            return id
        }
        mailbox.signal()
        guard let id else {
            delivery.abandon()
            throw RPCStatus(.unavailable, "the inference service is shut down")
        }
        return id
    }

    private static func index(of name: String, among ports: [ModelPort], _ what: String, _ model: CompiledModel) throws(RPCStatus) -> Int {
        if let index = what == "output" ? model.output(named: name) : ports.firstIndex(where: { $0.name == name }) { return index }
        if ports.count == 1, what == "input" { return 0 }
        let names = ports.map(\.name).joined(separator: ", ")
        throw RPCStatus(.invalidArgument, "model \(model.name) has no \(what) \"\(name)\"; it has \(names)")
    }

    private static func post(_ event: Event, to mailbox: Lock<Mailbox>) {
        mailbox.withLock { mailbox in
            mailbox.events.append(event)
            if case .stop = event { mailbox.isClosed = true }
        }
        mailbox.signal()
    }

    // MARK: - On the dispatcher's thread

    private static func run(_ mailbox: Lock<Mailbox>, _ state: State) {
        while true {
            func all(_ box: inout Mailbox) -> [Event]? { box.events.isEmpty ? nil : exchange(&box.events, with: []) }
            let events = state.scheduler.queuedItems > 0 ? mailbox.wait(atMostUs: expiryPollUs, all) : mailbox.wait(all)
            for event in events ?? [] {
                if case .stop = event { return stop(state) }
                take(event, state)
            }
            decide(state)
        }
    }

    private static func take(_ event: Event, _ state: State) {
        switch event {
        case .add(let model, let requests):
            state.scheduler.addModel(model.index, requests: requests.count)
            state.idle[model.index] = requests
        case .submit(let pending):
            if pending.loop.mode == .real { state.clock = pending.loop }
            state.jobs[pending.job.id] = pending
            switch state.scheduler.submit(pending.job) {
            case .queued: break
            case .refused: refuse(pending.job.id, state)
            case .displaced(let victim): refuse(victim, state)
            }
        case .cancel(let id):
            if state.scheduler.cancel(id) != nil { end(id, .failure(RPCStatus(.cancelled, "the job was cancelled before it started")), state) }
        case .finished(let request):
            guard let pending = state.jobs[request.job] else { preconditionFailure("a request that ends has a job") }
            let result = Result { () throws(RPCStatus) in
                try request.finish(pending.model, outputs: pending.outputs, budget: pending.budget)
            }
            release(request, pending, state)
            end(pending.job.id, result, state)
        case .stop: break
        }
    }

    private static func decide(_ state: State) {
        while let decision = state.scheduler.next(nowUs: state.clock?.nowUs ?? 1) {
            switch decision {
            case .expire(let job): end(job.id, .failure(RPCStatus(.deadlineExceeded, "the job's deadline passed before it could start")), state)
            case .start(let job): start(job.id, state)
            }
        }
    }

    private static func start(_ id: UInt64, _ state: State) {
        guard var pending = state.jobs[id], let request = state.idle[pending.model.index]?.popLast() else {
            preconditionFailure("the scheduler starts a job only where a request is free")
        }
        pending.startedUs = pending.loop.nowUs
        state.jobs[id] = pending
        request.job = id
        state.busy[id] = request
        do {
            try request.start(pending.model, inputs: pending.inputs, outputs: pending.outputs)
        } catch {
            release(request, pending, state)
            end(id, .failure(error), state)
        }
    }

    private static func release(_ request: Request, _ pending: Pending, _ state: State) {
        state.busy[pending.job.id] = nil
        state.idle[pending.model.index]?.append(request)
        state.scheduler.ended(pending.job.id)
    }

    private static func refuse(_ id: UInt64, _ state: State) {
        let status = RPCStatus(
            .resourceExhausted, "the inference queue is full: \(state.scheduler.queueItemsMax) jobs wait that are as urgent or more")
        end(id, .failure(status), state)
    }

    private static func end(_ id: UInt64, _ result: Result<[HostTensor], RPCStatus>, _ state: State) {
        guard let pending = state.jobs.removeValue(forKey: id) else { preconditionFailure("a job ends once") }
        if let observer = state.observer {
            let now = pending.loop.nowUs
            let ran = pending.startedUs == 0 ? 0 : now - pending.startedUs
            var code = StatusCode.ok
            if case .failure(let status) = result { code = status.code }
            observer(InferenceMeasurement(model: pending.model.name, status: code, queuedUs: now - pending.submittedUs - ran, ranUs: ran))
        }
        let completion = pending.completion
        pending.delivery.deliver { completion.call(result) }
    }

    /// Nobody can submit any more; what waits is cancelled, what runs is waited for.
    private static func stop(_ state: State) {
        for id in state.jobs.keys.sorted() {
            guard let pending = state.jobs[id] else { continue }
            if let request = state.busy[id] {
                end(id, Result { () throws(RPCStatus) in try request.finish(pending.model, outputs: pending.outputs, budget: pending.budget) }, state)
            } else {
                end(id, .failure(RPCStatus(.cancelled, "the inference service was closed")), state)
            }
        }
    }
}

/// The caller's closure on its way through other threads: called and let go on the loop, where it was made.
final class Completion: @unchecked Sendable {
    private var done: ((Result<[HostTensor], RPCStatus>) -> Void)?

    init(_ done: @escaping (Result<[HostTensor], RPCStatus>) -> Void) {
        self.done = done
    }

    func call(_ result: Result<[HostTensor], RPCStatus>) {
        let call = done
        done = nil
        call?(result)
    }
}
