// What is trusted of one registry besides the system's authorities, laid out as docker and podman
// have it:
//
//   <folder>/<host[:port]>/*.crt               authorities, PEM
//   <folder>/<host[:port]>/<name>.cert, .key   the certificate that we show the server
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace slipway::registry {

struct HostCertificates {
    std::string authorities;  ///< PEM; "" for none
    std::string certificate;  ///< host path; "" for none
    std::string key;          ///< host path, of `certificate`
};

/// ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d.
std::vector<std::string> default_certificate_folders();

/// From the first of `folders` that has something for the host; `port` may be left out of its name
/// when it is 443. kDenied for what cannot be read, kInvalidInput for a certificate without key.
Result<HostCertificates> load_host_certificates(const std::vector<std::string>& folders,
                                                const std::string& host, const std::string& port);

}  // namespace slipway::registry
