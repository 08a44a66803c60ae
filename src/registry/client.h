// OCI distribution client (pull side; push comes with the registry exporter): HTTPS, plain HTTP for loopback hosts,
// bearer and basic authentication with credentials from docker's config.json (auths, credHelpers, credsStore),
// redirects, retries with back-off, resumed downloads.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/io.h"
#include "image/manifest.h"
#include "image/reference.h"

namespace slipway::registry {

struct FetchedManifest {
    std::string media_type;
    std::string bytes;
    Digest digest;       ///< of the bytes; verified against a digest in the reference
};

struct ClientOptions {
    std::string docker_config_dir;  ///< "": $DOCKER_CONFIG, else ~/.docker
    std::string ca_file;            ///< "": the system's
    unsigned retries = 4;
};

/// Any thread.
class Client {
  public:
    explicit Client(ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Any manifest or index media type. kNotFound, kDenied (with how to log in as hint), kUnavailable.
    Result<FetchedManifest> fetch_manifest(const image::ImageRef& ref, std::stop_token stop = {});
    /// Streams a blob into `sink`; a broken transfer is resumed where it stopped. The caller verifies the digest
    /// (content::Ingest does). `progress` gets bytes so far.
    Result<void> fetch_blob(const image::ImageRef& repository, const image::Descriptor& blob, Writer& sink,
                            std::stop_token stop = {}, const std::function<void(std::uint64_t)>& progress = nullptr);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::registry
