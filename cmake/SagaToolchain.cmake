# Compiler cache, linker, warnings and sanitizers: everything that is about the machine and not about the project.

find_program(SAGA_CCACHE ccache)
if(SAGA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SAGA_CCACHE})
endif()

find_program(SAGA_MOLD mold)
if(SAGA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Frame pointers cost under 1 % and make `perf record -g` readable on a production binary.
# Designated initialisers leave members out on purpose, so that warning says nothing.
add_compile_options(-Wall -Wextra -Werror -Wswitch-enum -Wnon-virtual-dtor -Wno-missing-field-initializers
                    -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
else()
  # GCC 12 reports these inside libstdc++'s own headers at -O2 and -O3: false positives.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                      -Wno-dangling-pointer -Wno-stringop-overread)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

if(SAGA_SANITIZE MATCHES "thread")
  # GCC's thread sanitizer knows no fences, and Asio has locks where it uses them.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(SAGA_SANITIZE)
  add_compile_options(-fsanitize=${SAGA_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SAGA_SANITIZE})
endif()
