/// A value that belongs to one loop and may be carried through other threads, but touched only on its loop.
///
/// The last copy should be dropped on the loop when the value's deinit does more than free memory.
public struct LoopBound<Value>: @unchecked Sendable {
    private let bound: Value
    public let loop: EventLoop

    public init(_ value: Value, loop: EventLoop) {
        bound = value
        self.loop = loop
    }

    /// Must be read on the loop.
    public var value: Value {
        loop.preconditionCurrent()
        return bound
    }
}
