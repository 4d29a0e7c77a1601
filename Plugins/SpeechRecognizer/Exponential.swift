import Glibc

/// eˣ and ln x under names that do not meet the C library's in other files.
func exponential(_ x: Float) -> Float { expf(x) }

func logarithm(_ x: Float) -> Float { logf(x) }
