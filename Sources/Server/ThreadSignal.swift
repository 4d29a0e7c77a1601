import Glibc

/// Lets one thread wait for another, once. Only for starting up: no loop ever waits.
final class ThreadSignal: @unchecked Sendable {
    // Invariant: the semaphore is initialised before it is shared and destroyed when nobody holds it.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    func signal() { sem_post(semaphore) }

    func wait() {
        while sem_wait(semaphore) == -1, errno == EINTR {}
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }
}
