/// The operations that learnt operators are written in, over matrices with a row an example.
///
/// One text of an operator serves twice: training computes it on a tape, which differentiates it; a server computes it plainly (`PlainAlgebra`).
public protocol LearntAlgebra {
    associatedtype Value

    func columns(_ a: Value) -> Int
    /// a·b
    func product(_ a: Value, _ b: Value) -> Value
    /// a + b, of one shape.
    func sum(_ a: Value, _ b: Value) -> Value
    /// Every row of a plus the one row of b.
    func addRow(_ a: Value, _ b: Value) -> Value
    func scale(_ a: Value, by factor: Float) -> Value
    /// Each row of a times the number in that row of the column b.
    func scaleRows(_ a: Value, by b: Value) -> Value
    /// The inner product of each row of a with that row of b: a column.
    func rowDot(_ a: Value, _ b: Value) -> Value
    func tanh(_ a: Value) -> Value
    func relu(_ a: Value) -> Value
    func sigmoid(_ a: Value) -> Value
    /// Side by side.
    func joined(_ values: [Value]) -> Value
    /// Column `c` of a.
    func column(_ a: Value, _ c: Int) -> Value
    /// Softmax of each row over the columns whose mask is not 0; rows without any are zeros.
    func softmax(_ a: Value, mask: Value?) -> Value
    /// The one row of a in as many rows as `like` has.
    func repeated(_ a: Value, like: Value) -> Value
}
