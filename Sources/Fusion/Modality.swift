/// The names of modalities that a turn can have.
public enum Modality {
    public static let text = "text"
    public static let image = "image"
    public static let selfie = "selfie"
    /// The single requests of a turn's words, each read for itself.
    public static let parts = "parts"
    /// A product's picture in the space that words and pictures share: found by words.
    public static let pictureByWords = "picture_by_words"
    /// A product's title in that space: found by photos.
    public static let titleByPicture = "title_by_picture"
    /// What a trained operator makes of words and picture together, of a turn or of a product.
    public static let fused = "fused"
}
