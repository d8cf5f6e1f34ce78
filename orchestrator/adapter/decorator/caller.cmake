saga_library(saga_routed_caller SOURCES routed_caller.cc DEPENDS saga_port)
saga_library(saga_directory_caller SOURCES directory_caller.cc DEPENDS saga_port absl::status absl::statusor)
