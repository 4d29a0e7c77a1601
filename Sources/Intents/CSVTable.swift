/// Comma-separated values with a header (RFC 4180): quoted fields, doubled quotes, line breaks within quotes, LF or CRLF.
public struct CSVTable: Sendable {
    public let header: [String]
    /// As many fields as the header has.
    public let rows: [[String]]

    /// - Throws: naming the line of what is wrong.
    public init(_ text: String) throws(IntentError) {
        var records: [(line: Int, fields: [String])] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var (quoted, wasQuoted) = (false, false)
        var (line, startLine) = (1, 1)
        func finishField() {
            fields.append(String(decoding: field, as: UTF8.self))
            field = []
            wasQuoted = false
        }
        func finishRecord() {
            finishField()
            if fields != [""] { records.append((startLine, fields)) }
            fields = []
        }
        let bytes = Array(text.utf8)
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 10 { line += 1 }
            if quoted {
                if byte != 34 {
                    field.append(byte)
                } else if index < bytes.count, bytes[index] == 34 {
                    field.append(34)
                    index += 1
                } else {
                    quoted = false
                }
                continue
            }
            switch byte {
            case 34 where field.isEmpty && !wasQuoted: (quoted, wasQuoted) = (true, true)
            case 44: finishField()
            case 13 where index < bytes.count && bytes[index] == 10: break
            case 10:
                finishRecord()
                startLine = line
            default: field.append(byte)
            }
        }
        if quoted { throw IntentError("line \(startLine): a quoted field does not end") }
        if !field.isEmpty || !fields.isEmpty { finishRecord() }
        guard let first = records.first else { throw IntentError("the table is empty; a header with the names of the columns is needed") }
        for record in records.dropFirst() where record.fields.count != first.fields.count {
            throw IntentError("line \(record.line): \(record.fields.count) fields, the header has \(first.fields.count)")
        }
        header = first.fields
        rows = records.dropFirst().map(\.fields)
    }

    /// The number of the first of these columns that is there.
    public func column(_ names: String...) -> Int? {
        for name in names {
            if let index = header.firstIndex(where: { $0.lowercased() == name }) { return index }
        }
        return nil
    }
}
