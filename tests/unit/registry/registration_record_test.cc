// Registrations as they are stored.

#include "orchestrator/api/registration_record.h"

#include <string>

#include <gtest/gtest.h>

namespace saga::api {
namespace {

RegistrationRecord Record() {
  RegistrationRecord record;
  record.operations = {{"Deduct", "product.v1.Product/Deduct", "action", true},
                       {"Restore", "product.v1.Product/Restore", "compensate", false}};
  record.command_topic = "saga.cmd.product";
  record.attempt_limit = 7;
  RegisteredInstance first;
  first.address = "10.0.0.1:58082";
  first.operations = record.operations;
  first.capacity = 64;
  first.lease_s = 10;
  first.version = "1.2 \"x\" \xC3\xA9";
  first.registered = base::Time{1'700'000'000'000'001};
  RegisteredInstance second = first;
  second.address = "[::1]:2";
  second.protocol = core::Protocol::kHttp;
  second.operations = {{"Deduct", "/deduct", "", false}};
  second.version = "";
  record.instances = {first, second};
  return record;
}

TEST(RegistrationRecord, ComesBackAsItWent) {
  const RegistrationRecord record = Record();
  const auto read = DecodeRegistration(EncodeRegistration(record));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, record);
}

TEST(RegistrationRecord, EmptyComesBackAsWell) {
  const auto read = DecodeRegistration(EncodeRegistration(RegistrationRecord()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, RegistrationRecord());
}

TEST(RegistrationRecord, OperationsOfEqualInstancesAreWrittenOnce) {
  RegistrationRecord record = Record();
  record.instances[1].operations = record.operations;
  const std::string text = EncodeRegistration(record);
  EXPECT_EQ(text.find("v1.Product/Deduct"), text.rfind("v1.Product/Deduct"));
  EXPECT_EQ(DecodeRegistration(text), record);
}

TEST(RegistrationRecord, FieldsOfLaterVersionsArePassedOver) {
  EXPECT_TRUE(DecodeRegistration(R"({"operations":[],"instances":[],"color":"red"})").has_value());
}

TEST(RegistrationRecord, WhatIsNoRecordIsNone) {
  for (const char* text :
       {"", "null", "[]", "{\"operations\":{}}", R"({"instances":[{}]})",
        R"({"instances":[{"address":"a:1"}]})",
        R"({"instances":[{"address":"a:1","protocol":"smtp"}]})",
        R"({"instances":[{"address":"a:1","protocol":"grpc","capacity":-1}]})",
        R"({"instances":[{"address":"a:1","protocol":"grpc","lease_s":5000000000}]})",
        R"({"instances":[{"address":1,"protocol":"grpc"}]})", R"({"command_topic":1})",
        R"({"operations":[{"name":"","method":"x"}]})", R"({"attempt_limit":"7"})"}) {
    EXPECT_FALSE(DecodeRegistration(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace saga::api
