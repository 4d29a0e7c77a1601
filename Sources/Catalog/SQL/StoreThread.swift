import EventLoop
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

extension StoreThread {
    /// Runs `body` on this thread and waits for it without holding up the caller's.
    ///
    /// Called on a loop it holds a pending delivery of that loop, so that virtual time waits for it and its order is fixed.
    nonisolated(nonsending) func run<T: Sendable>(
        _ what: StaticString, path: String, modelledCostUs: UInt64 = 0, _ body: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        let delivery = EventLoop.current?.expectDelivery(what, modelledCostUs: modelledCostUs)
        let result: Result<T, StoreError> = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Result<T, StoreError>>(
                waiting, otherwise: .failure(StoreError(.unavailable, "\(path): the server ended before the answer came")))
            let accepted = submit { connection in
                let result = Self.result(of: body, connection)
                if let delivery {
                    delivery.deliver { continuation.resume(returning: result) }
                } else {
                    continuation.resume(returning: result)
                }
            }
            if !accepted {
                delivery?.abandon()
                let problem = StoreError(.resourceExhausted, "\(path): closed, or more than \(Self.queueJobsMax) calls wait for it")
                continuation.resume(returning: .failure(problem))
            }
        }
        return try result.get()
    }

    private static func result<T>(
        of body: (Connection) throws(StoreError) -> T, _ connection: Result<Connection, StoreError>
    ) -> Result<T, StoreError> {
        do {
            return .success(try body(connection.get()))
        } catch {
            return .failure(error)
        }
    }
}
