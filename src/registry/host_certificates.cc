#include "registry/internal/host_certificates.h"

#include "os/dir.h"
#include "os/file.h"
#include "os/system.h"

namespace slipway::registry {

namespace {

constexpr std::size_t kLargestFile = 4UL << 20;
constexpr std::string_view kAuthority = ".crt";
constexpr std::string_view kCertificate = ".cert";

std::string with_ending(const std::string& path, std::string_view from, std::string_view to) {
    return path.substr(0, path.size() - from.size()) + std::string(to);
}

Result<HostCertificates> load_folder(const std::string& folder) {
    SLIPWAY_ASSIGN(const auto dir, os::Dir::open(folder));
    SLIPWAY_ASSIGN(const auto entries, dir.list({}));
    HostCertificates found;
    for (const auto& entry : entries) {
        const std::string path = folder + "/" + entry.name;
        if (entry.name.ends_with(kAuthority)) {
            SLIPWAY_ASSIGN(const auto text, os::read_file(path, kLargestFile));
            found.authorities += text + "\n";
        } else if (entry.name.ends_with(kCertificate) && found.certificate.empty()) {
            found.certificate = path;
            found.key = with_ending(path, kCertificate, ".key");
            if (os::path_exists(found.key)) continue;
            return make_error(ErrorCode::kInvalidInput,
                              "the client certificate '{}' has no key '{}' beside it", path,
                              found.key)
                .hint("certificates of authorities are called *.crt");
        }
    }
    return found;
}

}  // namespace

std::vector<std::string> default_certificate_folders() {
    const std::string home = os::get_env("HOME").value_or("/root");
    return {os::get_env("XDG_CONFIG_HOME").value_or(home + "/.config") + "/containers/certs.d",
            "/etc/containers/certs.d", "/etc/docker/certs.d"};
}

Result<HostCertificates> load_host_certificates(const std::vector<std::string>& folders,
                                                const std::string& host, const std::string& port) {
    std::vector<std::string> names = {host + ":" + port};
    if (port == "443") names.insert(names.begin(), host);
    for (const auto& folder : folders) {
        for (const auto& name : names) {
            const std::string path = folder + "/" + name;
            if (!os::path_exists(path)) continue;
            auto found = load_folder(path);
            if (found) return found;
            const bool ours = found.error().code() == ErrorCode::kInvalidInput;
            return make_error(ours ? ErrorCode::kInvalidInput : ErrorCode::kDenied,
                              "certificates for '{}': {}", name, found.error().to_string());
        }
    }
    return HostCertificates();
}

}  // namespace slipway::registry
