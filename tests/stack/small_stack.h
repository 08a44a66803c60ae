// A stack for tests, small but with one of each.
#pragma once

#include <string>

namespace slipway::stack {

inline std::string small_stack(const std::string& more = "") {
    return R"([stack]
name = "small"
description = "for tests"
stages = ["base.dockerfile", "app.dockerfile"]

[[engine]]
name = "none"
aliases = ["plain"]
help = "nothing"

[[engine]]
name = "vllm"
help = "an engine"

[[target]]
name = "runtime"
stage = "${ENGINE}_runtime"
default = true
help = "what runs"

[[target]]
name = "framework"
stage = "framework"
engines = ["vllm"]
help = "the engine alone"

[[platform]]
name = "linux/amd64"
names = {ARCH = "amd64"}

[[platform]]
name = "linux/arm64"
names = {ARCH = "arm64"}

[[flavour]]
name = "debian"
default = true
help = "Debian"

[[flavour]]
name = "upstream"
help = "others"

[[parameter]]
name = "cuda"
aliases = ["cuda_version"]
arg = "CUDA_VERSION"
type = "choice"
choices = ["none", "12.9", "13.0"]
default = "none"
defaults = [{when = {flavour = "upstream"}, value = "12.9"}]
help = "CUDA"

[[parameter]]
name = "kvbm"
type = "bool"
default = false
help = "KVBM"

[[parameter]]
name = "ucx_ref"
type = "ref"
default = "v1"
help = "UCX"

[[parameter]]
name = "jobs"
type = "int"
min = 1
default = 16
help = "at once"

[[derived]]
arg = "TORCH_BACKEND"
value = "cu${CUDA_VERSION/./}"
when = {cuda = ["12.9", "13.0"]}

[[packages]]
arg = "PACKAGES"
debian = ["g++", "make"]
upstream = ["gcc-c++", "make"]

[[packages]]
arg = "PACKAGES"
debian = ["libkv"]
when = {kvbm = true}

[[component]]
name = "ucx"
licence = "BSD-3-Clause"
git = "https://example.com/ucx.git"
ref = "${UCX_REF}"

[[component]]
name = "tool"
licence = "MIT"
url = "https://example.com/tool-${ARCH}.tar.gz"
version = "3"
)" + more;
}

inline const char* const kSmallLock = R"([[component]]
name = "ucx"
locked = {v1 = "0123456789012345678901234567890123456789"}

[[component]]
name = "tool"
locked = {3 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
)";

}  // namespace slipway::stack
