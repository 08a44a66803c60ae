# Every library comes from the distribution; docs/dependencies.md says why each one. Each is reached through one room.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_package(fmt REQUIRED)                # base
find_package(nlohmann_json REQUIRED)      # base
find_package(OpenSSL REQUIRED)            # base (digests)
find_package(spdlog REQUIRED)             # base (debug log)
find_package(tl-expected REQUIRED)        # base
find_package(LibArchive REQUIRED)         # archive
find_package(ZLIB REQUIRED)               # archive
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)     # archive
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)     # archive
find_package(CURL REQUIRED)               # registry
find_package(Protobuf REQUIRED)           # llb
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)  # exec
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)    # exec (device specifications)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)  # stack
find_package(SQLite3 REQUIRED)            # cache
find_package(CLI11 REQUIRED)              # cli

if(SLIPWAY_TESTS)
  find_package(GTest REQUIRED)
endif()

message(STATUS "fmt ${fmt_VERSION}, nlohmann_json ${nlohmann_json_VERSION}, OpenSSL ${OPENSSL_VERSION}, "
  "libarchive ${LibArchive_VERSION}, isa-l ${ISAL_VERSION}, zstd ${ZSTD_VERSION}, curl ${CURL_VERSION_STRING}, "
  "protobuf ${Protobuf_VERSION}, SQLite ${SQLite3_VERSION}")
