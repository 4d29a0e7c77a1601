// Unsafe: pointers to `count` numbers each, which the callers own through the call.

import CHnswlib

enum DenseDot {
    /// Σ aᵢ·bᵢ
    @inline(__always)
    static func of(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
        var sums = SIMD16<Float>(repeating: 0)
        var i = 0
        while i + 16 <= count {
            sums += UnsafeRawPointer(a + i).loadUnaligned(as: SIMD16<Float>.self) * UnsafeRawPointer(b + i).loadUnaligned(as: SIMD16<Float>.self)
            i += 16
        }
        var sum = sums.sum()
        while i < count {
            sum += a[i] * b[i]
            i += 1
        }
        return sum
    }

    /// y ← y + s·x
    @inline(__always)
    static func add(_ x: UnsafePointer<Float>, times s: Float, to y: UnsafeMutablePointer<Float>, _ count: Int) {
        withUnsafePointer(to: s) { vt_add_rows(x, 1, count, $0, y) }
    }
}
