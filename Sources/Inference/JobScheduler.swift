/// How urgent a job is, most urgent first. Overload sheds from the other end.
public enum InferencePriority: Int, Sendable, CaseIterable {
    case final = 0
    case interactive = 1
    case partial = 2
    case video = 3
    case background = 4
}

/// Which job runs next: by priority, then in turn among fairness keys, then first come first served.
///
/// A value: submissions, cancellations and ends in, decisions out; no clock, no threads. A job that waits for a model whose
/// requests are all busy does not hold back jobs for other models.
public struct JobScheduler: Sendable {
    public struct Job: Sendable, Equatable {
        public var id: UInt64
        /// The model's number.
        public var model: Int
        public var priority: InferencePriority
        /// The session: among equals, sessions take turns.
        public var fairnessKey: UInt64
        /// 0 = none.
        public var deadlineUs: UInt64

        public init(id: UInt64, model: Int, priority: InferencePriority, fairnessKey: UInt64, deadlineUs: UInt64 = 0) {
            self.id = id
            self.model = model
            self.priority = priority
            self.fairnessKey = fairnessKey
            self.deadlineUs = deadlineUs
        }
    }

    /// What a submission leads to.
    public enum Admission: Equatable {
        case queued
        /// The queue is full and holds nothing less urgent.
        case refused
        /// Queued in the place of this job, the newest of the least urgent ones, which is to be refused.
        case displaced(UInt64)
    }

    public enum Decision: Equatable {
        case start(Job)
        /// Its deadline passed before it could start.
        case expire(Job)
    }

    /// Jobs that wait, at most.
    public let queueItemsMax: Int
    /// Jobs that run at the same time over all models, at most.
    public let runningItemsMax: Int

    /// By model: requests that are free.
    private var free: [Int: Int] = [:]
    private var running: [UInt64: Int] = [:]
    private var levels: [Level]
    public private(set) var queuedItems = 0

    /// One priority: a queue for each fairness key, in the order in which the keys' turns come.
    private struct Level {
        var turns: [UInt64] = []
        var queues: [UInt64: [Job]] = [:]
    }

    public init(queueItemsMax: Int, runningItemsMax: Int) {
        precondition(queueItemsMax >= 1 && runningItemsMax >= 1, "a scheduler has room for a job")
        self.queueItemsMax = queueItemsMax
        self.runningItemsMax = runningItemsMax
        levels = InferencePriority.allCases.map { _ in Level() }
    }

    public var runningItems: Int { running.count }

    /// Makes a model known under a number of the caller's.
    public mutating func addModel(_ model: Int, requests: Int) {
        precondition(requests >= 1 && free[model] == nil, "a model has a request and a number of its own")
        free[model] = requests
    }

    public mutating func submit(_ job: Job) -> Admission {
        precondition(free[job.model] != nil, "jobs name models that are known")
        var admission = Admission.queued
        if queuedItems >= queueItemsMax {
            guard let victim = leastUrgent(below: job.priority) else { return .refused }
            cancel(victim.id)
            admission = .displaced(victim.id)
        }
        append(job)
        return admission
    }

    /// - Returns: the job, if it was waiting; nil if it runs or is not known.
    @discardableResult
    public mutating func cancel(_ id: UInt64) -> Job? {
        for level in levels.indices {
            for key in levels[level].turns {
                guard let index = levels[level].queues[key]?.firstIndex(where: { $0.id == id }) else { continue }
                return remove(level: level, key: key, index: index)
            }
        }
        return nil
    }

    /// A started job has ended, however.
    public mutating func ended(_ id: UInt64) {
        guard let model = running.removeValue(forKey: id) else {
            preconditionFailure("only a job that was started ends")
        }
        free[model, default: 0] += 1
    }

    /// What to do now; to be asked until it is nil.
    public mutating func next(nowUs: UInt64) -> Decision? {
        if let job = firstExpired(nowUs: nowUs) { return .expire(job) }
        guard running.count < runningItemsMax else { return nil }
        for level in levels.indices {
            for (turn, key) in levels[level].turns.enumerated() {
                guard let index = levels[level].queues[key]?.firstIndex(where: { free[$0.model, default: 0] > 0 }) else { continue }
                let job = remove(level: level, key: key, index: index)
                // The key's next turn comes after all others'.
                if let place = levels[level].turns[turn...].firstIndex(of: key) {
                    levels[level].turns.append(levels[level].turns.remove(at: place))
                }
                free[job.model, default: 0] -= 1
                running[job.id] = job.model
                return .start(job)
            }
        }
        return nil
    }

    private mutating func append(_ job: Job) {
        let level = job.priority.rawValue
        if levels[level].queues[job.fairnessKey] == nil {
            levels[level].turns.append(job.fairnessKey)
            levels[level].queues[job.fairnessKey] = [job]
        } else {
            levels[level].queues[job.fairnessKey]?.append(job)
        }
        queuedItems += 1
    }

    private mutating func remove(level: Int, key: UInt64, index: Int) -> Job {
        guard let job = levels[level].queues[key]?.remove(at: index) else { preconditionFailure("a queued job has a queue") }
        if levels[level].queues[key]?.isEmpty == true {
            levels[level].queues[key] = nil
            levels[level].turns.removeAll { $0 == key }
        }
        queuedItems -= 1
        return job
    }

    /// The newest job of the least urgent level that is less urgent than `priority`.
    private func leastUrgent(below priority: InferencePriority) -> Job? {
        for level in levels.indices.reversed() where level > priority.rawValue {
            let newest = levels[level].turns.compactMap { levels[level].queues[$0]?.last }.max { $0.id < $1.id }
            if let newest { return newest }
        }
        return nil
    }

    private mutating func firstExpired(nowUs: UInt64) -> Job? {
        for level in levels.indices {
            for key in levels[level].turns {
                guard let index = levels[level].queues[key]?.firstIndex(where: { $0.deadlineUs != 0 && $0.deadlineUs <= nowUs }) else { continue }
                return remove(level: level, key: key, index: index)
            }
        }
        return nil
    }
}
