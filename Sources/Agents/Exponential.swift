#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum Exponential {
    static func of(_ x: Float) -> Float { expf(x) }
    static func log(_ x: Float) -> Float { logf(x) }
}
