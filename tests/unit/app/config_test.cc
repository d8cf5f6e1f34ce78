#include "orchestrator/app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "orchestrator/app/config_report.h"

namespace saga::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

LoadedConfig FromFile(const std::string& text) {
  return LoadConfig({.file_name = "sagad.yaml", .file_text = text});
}

LoadedConfig FromFlags(std::vector<std::pair<std::string, std::string>> flags) {
  return LoadConfig({.flags = std::move(flags)});
}

const Setting& SettingOf(const LoadedConfig& loaded, const std::string& name) {
  for (const Setting& setting : loaded.settings) {
    if (setting.key->name == name) return setting;
  }
  ADD_FAILURE() << "no key " << name;
  return loaded.settings.front();
}

TEST(ConfigKeys, NamesAreUniqueInEveryForm) {
  std::set<std::string> names, variables, flags;
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_TRUE(variables.insert(EnvName(key)).second) << EnvName(key);
    EXPECT_TRUE(flags.insert(FlagName(key)).second) << FlagName(key);
    EXPECT_EQ(FindConfigKey(key.name), &key);
    EXPECT_FALSE(key.help.empty()) << key.name;
  }
  EXPECT_EQ(EnvName(*FindConfigKey("engine.retry_interval")), "SAGAD_ENGINE_RETRY_INTERVAL");
  EXPECT_EQ(FlagName(*FindConfigKey("engine.retry_interval")), "engine-retry-interval");
  EXPECT_EQ(FindConfigKey("engine"), nullptr);
}

TEST(LoadConfig, DefaultsAloneAreEnough) {
  const LoadedConfig loaded = LoadConfig({});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.config.store, "sqlite");
  EXPECT_EQ(loaded.config.grpc_listen, "127.0.0.1:36790");
  EXPECT_EQ(loaded.config.http_listen, "127.0.0.1:36789");
  EXPECT_EQ(loaded.config.retry_interval, base::Seconds(10));
}

TEST(LoadConfig, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  ConfigSources sources{.file_name = "sagad.yaml", .file_text = "log:\n  level: error\n"};
  LoadedConfig loaded = LoadConfig(sources);
  EXPECT_EQ(loaded.config.log_level, "error");
  EXPECT_EQ(SettingOf(loaded, "log.level").where, "sagad.yaml:2");
  EXPECT_EQ(SettingOf(loaded, "log.format").origin, Origin::kDefault);

  sources.environment["SAGAD_LOG_LEVEL"] = "warn";
  sources.environment["HOME"] = "/root";
  loaded = LoadConfig(sources);
  EXPECT_EQ(loaded.config.log_level, "warn");
  EXPECT_EQ(SettingOf(loaded, "log.level").where, "SAGAD_LOG_LEVEL");

  sources.flags.emplace_back("log-level", "debug");
  loaded = LoadConfig(sources);
  EXPECT_EQ(loaded.config.log_level, "debug");
  EXPECT_EQ(SettingOf(loaded, "log.level").origin, Origin::kFlag);
  EXPECT_EQ(SettingOf(loaded, "log.level").where, "--log-level");
  EXPECT_THAT(loaded.problems, IsEmpty());
}

// business.md test 17.
TEST(LoadConfig, UnknownKeyIsRefusedByNameWithPlaceAndSuggestion) {
  EXPECT_THAT(FromFile("stor: sqlite\n").problems,
              ElementsAre("sagad.yaml:1: unknown key stor; did you mean store?"));
  EXPECT_THAT(FromFile("engine:\n  runers: 2\n").problems,
              ElementsAre("sagad.yaml:2: unknown key engine.runers; did you mean engine.runners?"));
  EXPECT_THAT(FromFile("password: x\n").problems,
              ElementsAre("sagad.yaml:1: unknown key password"));
}

TEST(LoadConfig, MisplacedKeyIsToldWhereItBelongs) {
  EXPECT_THAT(
      FromFile("store: sqlite\nretry_interval: 10s\n").problems,
      ElementsAre("sagad.yaml:2: unknown key retry_interval; did you mean engine.retry_interval?"));
  EXPECT_THAT(
      FromFile("lane:\n  retry_interval: 10s\n").problems,
      ElementsAre(
          "sagad.yaml:2: unknown key lane.retry_interval; did you mean engine.retry_interval?"));
  // The spelling of DTM's own configuration.
  EXPECT_THAT(
      FromFile("RetryInterval: 10\n").problems,
      ElementsAre("sagad.yaml:1: unknown key RetryInterval; did you mean engine.retry_interval?"));
  EXPECT_THAT(FromFile("Store:\n  Driver: mysql\n").problems,
              ElementsAre("sagad.yaml:1: unknown key Store; did you mean store?"));
  EXPECT_THAT(
      FromFile("engin:\n  retry_interval: 10s\n").problems,
      ElementsAre(
          "sagad.yaml:2: unknown key engin.retry_interval; did you mean engine.retry_interval?"));
}

TEST(LoadConfig, UnknownVariableAndFlagAreRefused) {
  ConfigSources sources;
  sources.environment["SAGAD_RETRY_INTERVAL"] = "10s";
  sources.environment["SAGADX"] = "not ours";
  sources.environment[kConfigFileVariable] = "sagad.yaml";
  sources.environment[kCrashPointVariable] = "after-commit:1";
  sources.flags.emplace_back("data-dri", "/tmp/x");
  EXPECT_THAT(LoadConfig(sources).problems,
              ElementsAre(AllOf(HasSubstr("SAGAD_RETRY_INTERVAL"),
                                HasSubstr("SAGAD_ENGINE_RETRY_INTERVAL?")),
                          "flags: unknown flag --data-dri; did you mean --data-dir?"));
}

TEST(LoadConfig, AllProblemsAreToldAtOnce) {
  ConfigSources sources{
      .file_name = "sagad.yaml",
      .file_text = "stor: sqlite\nlog:\n  level: loud\nengine:\n  runners: many\n"};
  sources.environment["SAGAD_LANE_QUEUE"] = "0";
  sources.flags.emplace_back("drain-timeout", "soon");
  EXPECT_THAT(
      LoadConfig(sources).problems,
      ElementsAre(
          "sagad.yaml:1: unknown key stor; did you mean store?",
          "--drain-timeout: drain_timeout: \"soon\" is not allowed: a duration such as 10s, 500ms, "
          "2m "
          "or 1h, or plain seconds",
          "sagad.yaml:3: log.level: \"loud\" is not allowed: one of debug, info, warn, error",
          "sagad.yaml:5: engine.runners: \"many\" is not allowed: a whole number, 1 to 64",
          "SAGAD_LANE_QUEUE: lane.queue: \"0\" is not allowed: a whole number, 1 to 10000000"));
}

TEST(LoadConfig, EveryKeyRefusesWhatIsOutsideOfItsRange) {
  for (const ConfigKey& key : ConfigKeys()) {
    std::vector<std::string> bad;
    switch (key.type) {
      case KeyType::kPath:
        break;
      case KeyType::kText:
        bad = {"two\nlines", "caf\xc3\xa9"};
        break;
      case KeyType::kChoice:
        bad = {"", "nonsense"};
        break;
      case KeyType::kStore:
        bad = {"",
               "nonsense",
               "mysql://",
               "mysql://host",
               "mysql://u:secret@host/db",
               "mysql://h:0/d"};
        break;
      case KeyType::kAddress:
        bad = {"",        "36790",  ":36790", "host:",  "host:65536",
               "host:-1", "::1:80", "a b:80", "host:8o"};
        break;
      case KeyType::kUrl:
        bad = {"127.0.0.1:9093", "ftp://host/x",    "http://",       "http:///path",
               "https://?q",     "http://host/a b", "http://host/\n"};
        break;
      case KeyType::kDuration:
        bad = {"",    "10 parsecs", "-1s", FormatDuration(base::Micros(key.max + 1)),
               "1e3", "s",          "nan", "9999999999h"};
        if (key.min > 0) bad.push_back(FormatDuration(base::Micros(key.min - 1)));
        break;
      case KeyType::kCount:
        bad = {"",
               "1.5",
               "x",
               absl::StrCat(key.min - 1),
               absl::StrCat(key.max + 1),
               "99999999999999999999"};
        break;
    }
    for (const std::string& text : bad) {
      EXPECT_THAT(FromFlags({{FlagName(key), text}}).problems, SizeIs(1))
          << key.name << " = " << text;
    }
  }
}

TEST(LoadConfig, EveryKeyTakesTheEndsOfItsRange) {
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.type != KeyType::kDuration && key.type != KeyType::kCount) continue;
    for (const int64_t end : {key.min, key.max}) {
      const std::string text =
          key.type == KeyType::kDuration ? FormatDuration(base::Micros(end)) : absl::StrCat(end);
      for (const std::string& problem : FromFlags({{FlagName(key), text}}).problems) {
        EXPECT_THAT(problem, HasSubstr("must"))
            << "only a cross check may object to " << key.name << " = " << text;
      }
    }
  }
}

// business.md pain 31.
TEST(LoadConfig, TimeoutsMustStandInOrder) {
  EXPECT_THAT(FromFlags({{"engine-request-timeout", "10s"}}).problems,
              ElementsAre(HasSubstr(
                  "engine.request_timeout (10s, --engine-request-timeout) must be shorter than "
                  "engine.retry_interval (10s, default)")));
  EXPECT_THAT(FromFlags({{"engine-retry-interval", "36"}}).problems,
              ElementsAre(HasSubstr(
                  "engine.retry_interval (36s, --engine-retry-interval) must not be longer than "
                  "engine.timeout_to_fail (35s, default)")));
  EXPECT_THAT(FromFlags({{"engine-max-retry-interval", "9s"}}).problems,
              ElementsAre(HasSubstr("engine.max_retry_interval (9s")));
  EXPECT_THAT(FromFlags({{"fallback-reply-timeout", "3s"}}).problems, IsEmpty()) << "no Kafka";
  EXPECT_THAT(FromFlags({{"fallback-reply-timeout", "3s"}, {"kafka-brokers", "h:9092"}}).problems,
              ElementsAre(HasSubstr("fallback.reply_timeout (3s, --fallback-reply-timeout) must be "
                                    "longer than engine.request_timeout (3s, default)")));
  EXPECT_THAT(FromFlags({{"lane-breaker-slow-call", "3s"}}).warnings,
              ElementsAre(HasSubstr("lane.breaker.slow_call (3s, --lane-breaker-slow-call) is not "
                                    "shorter than engine.request_timeout (3s, default)")));
  EXPECT_THAT(FromFlags({{"lane-breaker-open-for", "31s"}}).problems,
              ElementsAre(HasSubstr("lane.breaker.max_open_for (30s, default) must not be shorter "
                                    "than lane.breaker.open_for (31s")));
  EXPECT_THAT(
      FromFlags({{"engine-retry-interval", "35s"}, {"engine-request-timeout", "34999ms"}}).problems,
      IsEmpty());
}

TEST(LoadConfig, WhatARequestCarriesMustFitIntoOne) {
  EXPECT_THAT(FromFlags({{"limit-payload-bytes", "5000000"}}).problems,
              ElementsAre(HasSubstr("limit.payload_bytes (5000000, --limit-payload-bytes) must not "
                                    "be larger than limit.request_bytes (4194304, default)")));
  EXPECT_THAT(FromFlags({{"limit-request-bytes", "262143"}}).problems,
              ElementsAre(HasSubstr("limit.payload_bytes (1048576, default)"),
                          HasSubstr("limit.custom_data_bytes (262144, default)"),
                          HasSubstr("limit.result_bytes (1048576, default)")));
  EXPECT_THAT(FromFlags({{"limit-request-bytes", "16777216"}, {"limit-payload-bytes", "16777216"}})
                  .problems,
              IsEmpty());
}

TEST(LoadConfig, DoorsMustNotShareAnAddress) {
  EXPECT_THAT(FromFlags({{"grpc-listen", "127.0.0.1:1"}, {"http-listen", "127.0.0.1:1"}}).problems,
              SizeIs(1));
  EXPECT_THAT(FromFlags({{"grpc-listen", "127.0.0.1:0"}, {"http-listen", "127.0.0.1:0"}}).problems,
              IsEmpty());
}

TEST(LoadConfig, FileOfTheWrongShapeIsRefusedWithItsLine) {
  EXPECT_THAT(FromFile("- a\n- b\n").problems,
              ElementsAre("sagad.yaml:1: the file must hold key: value lines"));
  EXPECT_THAT(FromFile("engine: 5\n").problems,
              ElementsAre("sagad.yaml:1: engine is a section: its keys stand below it, indented"));
  EXPECT_THAT(FromFile("store:\n  kind: sqlite\n").problems,
              ElementsAre("sagad.yaml:1: store takes one value"));
  EXPECT_THAT(FromFile("store: [sqlite]\n").problems,
              ElementsAre("sagad.yaml:1: store takes one value"));
  EXPECT_THAT(FromFile("store:\n").problems, ElementsAre("sagad.yaml:1: store has no value"));
  EXPECT_THAT(FromFile("store: sqlite\nstore: memory\n").problems,
              ElementsAre("sagad.yaml:2: store is given twice"));
  EXPECT_THAT(FromFile("? [a]\n: b\n").problems, SizeIs(1));
  EXPECT_THAT(FromFile("store: [sqlite\nlog: x\n").problems, ElementsAre(HasSubstr("not YAML")));
  EXPECT_THAT(FromFile("store: \"sql\nite").problems, ElementsAre(testing::Not(HasSubstr("\n"))));
  EXPECT_THAT(FromFile("").problems, IsEmpty());
  EXPECT_THAT(FromFile("# only words\nengine:\n").problems, IsEmpty());
}

TEST(LoadConfig, FlagGivenTwiceIsRefused) {
  EXPECT_THAT(FromFlags({{"store", "memory"}, {"store", "sqlite"}}).problems,
              ElementsAre("--store: given twice"));
}

TEST(LoadConfig, AddressesThatOthersCanReachAreWarnedOf) {
  EXPECT_THAT(
      FromFlags({{"grpc-listen", "0.0.0.0:36790"}}).warnings,
      ElementsAre(AllOf(HasSubstr("grpc_listen 0.0.0.0:36790"), HasSubstr("no authentication"))));
  EXPECT_THAT(FromFlags({{"http-listen", "[::]:36789"}}).warnings, SizeIs(1));
  for (const char* address : {"localhost:1", "127.8.9.1:1", "[::1]:1"}) {
    EXPECT_THAT(FromFlags({{"http-listen", address}}).warnings, IsEmpty()) << address;
  }
  EXPECT_THAT(FromFlags({{"store", "memory"}}).warnings, ElementsAre(HasSubstr("lost")));
}

TEST(Durations, ReadWhatPeopleWrite) {
  const std::vector<std::pair<std::string, int64_t>> good = {
      {"10s", 10'000'000},
      {"10", 10'000'000},
      {"500ms", 500'000},
      {"2m", 120'000'000},
      {"1h", 3'600'000'000},
      {"1.5s", 1'500'000},
      {"0.25", 250'000},
      {"7us", 7},
      {"0", 0},
      {"1d", 86'400'000'000},
  };
  for (const auto& [text, micros] : good) {
    base::Duration duration;
    EXPECT_TRUE(ParseDuration(text, &duration)) << text;
    EXPECT_EQ(duration.micros, micros) << text;
    base::Duration again;
    EXPECT_TRUE(ParseDuration(FormatDuration(duration), &again));
    EXPECT_EQ(again, duration) << FormatDuration(duration);
  }
  EXPECT_EQ(FormatDuration(base::Seconds(35)), "35s");
  EXPECT_EQ(FormatDuration(base::Seconds(600)), "10m");
  EXPECT_EQ(FormatDuration(base::Millis(1500)), "1500ms");
}

TEST(ConfigReport, TellsValueAndOrigin) {
  const LoadedConfig loaded = LoadConfig({.file_name = "sagad.yaml",
                                          .file_text = "engine:\n  retry_interval: 5\n",
                                          .flags = {{"store", "memory"}}});
  const std::string table = ConfigTable(loaded);
  EXPECT_THAT(table, HasSubstr("file sagad.yaml:2"));
  EXPECT_THAT(table, HasSubstr("flag --store"));
  const std::string json = ConfigJson(loaded);
  EXPECT_THAT(
      json,
      HasSubstr("\"engine.retry_interval\": {\n    \"value\": \"5s\",\n    \"origin\": \"file\""));
}

}  // namespace
}  // namespace saga::app
