#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "kvblocks/blocks.h"

PYBIND11_MODULE(_kvblocks, module) {
    module.doc() = "Hashes of token blocks, for routing by cached prefix";
    module.def("hash_blocks", &kvblocks::hash_blocks, pybind11::arg("tokens"), pybind11::arg("block_size"));
    module.def("shared_prefix", &kvblocks::shared_prefix, pybind11::arg("a"), pybind11::arg("b"));
}
