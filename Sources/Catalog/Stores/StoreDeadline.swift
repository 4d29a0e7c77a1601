/// Until when an answer from outside is of use: what a turn's agents ask of a back end or a model ends by then.
///
/// A task-local, as stores are asked through protocols that know nothing of turns.
public enum StoreDeadline {
    /// On the clock of the loop that asks, microseconds; nil = nobody is waiting for a turn's end.
    @TaskLocal public static var us: UInt64?

    /// - Returns: what is left at `nowUs`, microseconds; nil = no end is set.
    public static func left(at nowUs: UInt64) -> UInt64? { us.map { $0 > nowUs ? $0 - nowUs : 0 } }
}
