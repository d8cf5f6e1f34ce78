# The libraries the project stands on, each as one imported target. All come from Debian 12 packages; the list that
# installs them is deploy/packages.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(cxxopts REQUIRED)
if(SAGA_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()

find_program(SAGA_PROTOC protoc REQUIRED)
find_program(SAGA_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

pkg_check_modules(GRPCPP REQUIRED IMPORTED_TARGET grpc++ protobuf)
add_library(saga_grpc INTERFACE)
target_link_libraries(saga_grpc INTERFACE PkgConfig::GRPCPP Threads::Threads)

pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(MARIADB REQUIRED IMPORTED_TARGET libmariadb)

find_library(SAGA_GRPC_REFLECTION grpc++_reflection REQUIRED)
add_library(saga_grpc_reflection INTERFACE)
target_link_libraries(saga_grpc_reflection INTERFACE
  -Wl,--no-as-needed ${SAGA_GRPC_REFLECTION} -Wl,--as-needed saga_grpc)
