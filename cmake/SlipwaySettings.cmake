# Compiler settings for our own code only; linked privately, so nothing leaks to who links a room.
add_library(slipway_settings INTERFACE)

target_compile_options(slipway_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wswitch-enum
  -Wno-missing-field-initializers)  # designated initialisers leave out what keeps its default
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(slipway_settings INTERFACE -Wlogical-op -Wduplicated-cond -Wuseless-cast)
else()
  target_compile_options(slipway_settings INTERFACE -Wthread-safety)
endif()
if(SLIPWAY_WERROR)
  target_compile_options(slipway_settings INTERFACE -Werror)
endif()

# Sanitizers must see every object of the program, so they are set for all targets.
if(SLIPWAY_SANITIZE)
  add_compile_options(-fsanitize=${SLIPWAY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SLIPWAY_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
