import Foundation

/// A thread with one connection and a bounded queue of jobs for it: where SQL runs, so that no loop ever waits for it.
///
/// Unchecked: `jobs`, `isClosed` and `hasEnded` are touched under `condition`; the connection on the thread only.
final class StoreThread: @unchecked Sendable {
    typealias Job = @Sendable (Result<Connection, StoreError>) -> Void

    /// Jobs that wait for one thread. Beyond it calls fail with `.resourceExhausted`.
    static let queueJobsMax = 4_096

    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isClosed = false
    private var hasEnded = false

    /// `open` runs on the thread, once, before the first job.
    init(name: String, open: @escaping @Sendable () throws(StoreError) -> Connection) {
        let thread = Thread { [self] in
            work(open)
        }
        thread.name = name
        thread.start()
    }

    /// False when the thread is closed or its queue full.
    func submit(_ job: @escaping Job) -> Bool {
        condition.withLock {
            if isClosed || jobs.count >= Self.queueJobsMax { return false }
            jobs.append(job)
            condition.signal()
            return true
        }
    }

    var waiting: Int { condition.withLock { jobs.count } }

    /// Takes no more jobs, finishes those it has, closes the connection and waits for that.
    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
            while !hasEnded { condition.wait() }
        }
    }

    private func work(_ open: () throws(StoreError) -> Connection) {
        // In a scope of its own, so that the connection is closed before the end is announced.
        do {
            let connection: Result<Connection, StoreError>
            do {
                connection = .success(try open())
            } catch {
                connection = .failure(error)
            }
            while let batch = next() {
                for job in batch { job(connection) }
            }
        }
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    private func next() -> [Job]? {
        condition.withLock {
            while jobs.isEmpty && !isClosed { condition.wait() }
            if jobs.isEmpty { return nil }
            defer { jobs = [] }
            return jobs
        }
    }
}
