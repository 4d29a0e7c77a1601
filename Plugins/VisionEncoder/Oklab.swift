import Glibc

/// A colour in Oklab under D65: lightness 0 to 1, a (green to red) and b (blue to yellow) within ±0.4.
///
/// Oklab (B. Ottosson, "A perceptual color space for image processing", 2020), because lines of equal hue are straight in it: in CIELAB a
/// saturated blue drifts into purple.
struct Oklab: Equatable {
    var lightness: Float
    var a: Float
    var b: Float

    init(red: UInt8, green: UInt8, blue: UInt8) {
        let r = Oklab.linear[Int(red)]
        let g = Oklab.linear[Int(green)]
        let b = Oklab.linear[Int(blue)]
        let long = cbrtf(0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_993 * b)
        let medium = cbrtf(0.211_903_5 * r + 0.680_699_55 * g + 0.107_396_96 * b)
        let short = cbrtf(0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b)
        lightness = 0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short
        a = 1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short
        self.b = 0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short
    }

    init(lightness: Float, a: Float, b: Float) {
        self.lightness = lightness
        self.a = a
        self.b = b
    }

    /// Euclidean distance with a and b counted twice: a step of hue is seen sooner than one of lightness.
    func difference(from other: Oklab) -> Float {
        let (l, a, b) = (lightness - other.lightness, 2 * (self.a - other.a), 2 * (self.b - other.b))
        return (l * l + a * a + b * b).squareRoot()
    }

    /// sRGB's transfer function (IEC 61966-2-1) for each 8-bit value.
    private static let linear: [Float] = (0..<256).map { value in
        let c = Float(value) / 255
        return c <= 0.04045 ? c / 12.92 : powf((c + 0.055) / 1.055, 2.4)
    }
}
