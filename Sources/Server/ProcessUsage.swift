import Glibc

/// What a process holds, by the kernel's files.
enum ProcessUsage {
    /// Resident bytes and open descriptors.
    /// - Parameter process: 0 = this one. One that is gone holds nothing.
    static func now(of process: Int32 = 0) -> (resident: Int, descriptors: Int) {
        let folder = process == 0 ? "/proc/self" : "/proc/\(process)"
        var resident = 0
        if let file = fopen("\(folder)/statm", "r") {
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            if fgets(&line, Int32(line.count), file) != nil {
                let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
                if fields.count > 1 { resident = (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) }
            }
        }
        return (resident, RunFolder.files("\(folder)/fd").count)
    }
}
