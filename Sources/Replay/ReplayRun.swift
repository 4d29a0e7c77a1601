import EventLoop
import Wire

/// What a run tells while it goes on, on its loop.
public protocol RunObserver: AnyObject {
    /// A conversation begins; its own observer, if anybody wants to follow it.
    func conversationBegins(_ script: Script, repetition: Int) -> (any RunnerObserver)?
    func conversationEnded(_ result: ConversationResult, done: Int, of: Int)
}

/// Plays many conversations, a few at a time, against one target. Confined to the target's loop.
public final class ReplayRun {
    public struct Job: Sendable {
        public var script: Script
        public var repetition: Int
        public init(script: Script, repetition: Int) {
            self.script = script
            self.repetition = repetition
        }
    }

    private let jobs: [Job]
    private let jobsMax: Int
    private let target: any ConversationTarget
    private let assets: ScriptAssets
    private let options: RunnerOptions
    private let similarity: (any TextSimilarity)?
    private weak var observer: (any RunObserver)?
    private let done: ([ConversationResult]) -> Void
    private var running: [Int: ConversationRunner] = [:]
    private var observers: [Int: any RunnerObserver] = [:]
    private var results: [ConversationResult?]
    private var next = 0
    private var finished = 0

    /// Conversations at the same time at most.
    public static let jobsMax = 10_000

    /// - Parameter jobsMax: how many are played at the same time.
    public init(
        _ jobs: [Job], jobsMax: Int, target: any ConversationTarget, assets: ScriptAssets, options: RunnerOptions = RunnerOptions(),
        similarity: (any TextSimilarity)? = nil, observer: (any RunObserver)? = nil, done: @escaping ([ConversationResult]) -> Void
    ) {
        self.jobs = jobs
        self.jobsMax = min(max(1, jobsMax), ReplayRun.jobsMax)
        self.target = target
        self.assets = assets
        self.options = options
        self.similarity = similarity
        self.observer = observer
        self.done = done
        results = Array(repeating: nil, count: jobs.count)
    }

    /// Every script so many times, in the order of the scripts, only the i-th of n shares (from 1).
    public static func plan(_ scripts: [Script], repeated: Int, shard: (index: Int, of: Int) = (1, 1)) -> [Job] {
        let mine = scripts.enumerated().filter { $0.offset % shard.of == shard.index - 1 }.map(\.element)
        return (0..<repeated).flatMap { repetition in mine.map { Job(script: $0, repetition: repetition) } }
    }

    /// Call once, on the loop. `done` gets the results in the order of the jobs.
    public func start() {
        guard !jobs.isEmpty else { return done([]) }
        fill()
    }

    private func fill() {
        while running.count < jobsMax, next < jobs.count {
            let index = next
            next += 1
            let job = jobs[index]
            let follows = observer?.conversationBegins(job.script, repetition: job.repetition)
            observers[index] = follows
            let runner = ConversationRunner(
                script: job.script, target: target, assets: assets, repetition: job.repetition, options: options, similarity: similarity,
                observer: follows
            ) { [unowned self] result in
                // The runner is still on the stack.
                target.loop.nextTick { self.ended(index, result) }
            }
            running[index] = runner
            runner.start()
        }
    }

    private func ended(_ index: Int, _ result: ConversationResult) {
        running[index] = nil
        observers[index] = nil
        results[index] = result
        finished += 1
        observer?.conversationEnded(result, done: finished, of: jobs.count)
        if finished == jobs.count { done(results.compactMap(\.self)) } else { fill() }
    }
}

/// A script that was sometimes as expected and sometimes not, against the same server or others like it.
public struct Flake: Sendable, Equatable {
    public var name: String
    public var passed: Int
    public var failed: Int

    /// Those of a run with repetitions, in its order.
    public static func find(in results: [ConversationResult]) -> [Flake] {
        var order: [String] = []
        var flakes: [String: Flake] = [:]
        for result in results {
            let key = "\(result.file)\n\(result.name)"
            if flakes[key] == nil { order.append(key) }
            flakes[key, default: Flake(name: result.name, passed: 0, failed: 0)].passed += result.passed ? 1 : 0
            flakes[key]?.failed += result.passed ? 0 : 1
        }
        return order.compactMap { flakes[$0] }.filter { $0.passed > 0 && $0.failed > 0 }
    }
}
