/// The names of modalities that a turn can have.
public enum Modality {
    public static let text = "text"
    public static let image = "image"
    public static let selfie = "selfie"
}
