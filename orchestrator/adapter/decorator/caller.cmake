saga_library(saga_routed_caller SOURCES routed_caller.cc DEPENDS saga_port)
