import Glibc

/// Whether this build is a sanitizer's (tools/test/run): everything takes several times as long, and its memory is not like others'.
public let isSanitized = getenv("VITRINE_SANITIZER") != nil
