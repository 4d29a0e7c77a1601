import Foundation

/// base^exponent, for bases of at least 0.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Natural logarithm.
func logarithm(_ value: Double) -> Double { log(value) }

func exponential(_ value: Float) -> Float { exp(value) }

func cosine(_ angle: Double) -> Double { cos(angle) }

/// Numbers as people read them in progress lines.
enum EvaluationNumber {
    static func text(_ value: Double) -> String { String(format: "%.4f", value) }
}
