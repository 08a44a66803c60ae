// OCI distribution client (pull side; push comes with the registry exporter): HTTPS, plain HTTP for
// loopback hosts, bearer and basic authentication with credentials from docker's config.json
// (auths, credHelpers, credsStore), redirects, retries with back-off, resumed downloads. Proxies by
// libcurl's environment variables.
#pragma once

#include "base/io.h"
#include "image/manifest.h"
#include "image/reference.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace slipway::registry {

struct FetchedManifest {
    std::string media_type;  ///< of the Content-Type header
    std::string bytes;
    Digest digest;  ///< of the bytes; verified against a digest in the reference
};

struct ClientOptions {
    std::string docker_config_dir;  ///< "": $DOCKER_CONFIG, else ~/.docker
    std::string ca_file;            ///< "": $SSL_CERT_FILE, else the system's
    /// HOST[:PORT]/*.crt in them are authorities for that registry, *.cert and *.key our own;
    /// empty: docker's and podman's.
    std::vector<std::string> certificate_folders = {};
    unsigned retries = 4;
    std::chrono::milliseconds first_retry_delay{250};
    /// A transfer that moves nothing for so long is broken, and resumed.
    std::chrono::milliseconds stall_timeout{60'000};
};

/// Any thread.
class Client {
  public:
    explicit Client(const ClientOptions& options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Any manifest or index media type, at most 16 MiB. kNotFound, kDenied (with how to log in as
    /// hint), kUnavailable, kCorrupt (not what the reference's digest says).
    Result<FetchedManifest> fetch_manifest(const image::ImageRef& ref, std::stop_token stop = {});
    /// Streams a blob into `sink`; a broken transfer is resumed where it stopped. The caller
    /// verifies the digest (content::Ingest does). `progress` gets bytes so far. Errors as above;
    /// kCorrupt when there is more than `blob.size`.
    Result<void> fetch_blob(const image::ImageRef& repository, const image::Descriptor& blob,
                            Writer& sink, std::stop_token stop = {},
                            const std::function<void(std::uint64_t)>& progress = nullptr);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::registry
