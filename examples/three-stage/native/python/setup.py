from setuptools import Distribution, setup


class NativeDistribution(Distribution):
    """The package holds a compiled module, so its wheel belongs to one platform and Python."""

    def has_ext_modules(self):
        return True


setup(
    name="kvblocks",
    version="1.0.0",
    description="Hashes of token blocks, for routing by cached prefix",
    packages=["kvblocks"],
    package_data={"kvblocks": ["*.so", "*.so.*"]},
    distclass=NativeDistribution,
)
