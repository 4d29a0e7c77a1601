import Foundation

/// base^exponent, for bases of at least 0.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Numbers as people read them in progress lines.
enum EvaluationNumber {
    static func text(_ value: Double) -> String { String(format: "%.4f", value) }
}
