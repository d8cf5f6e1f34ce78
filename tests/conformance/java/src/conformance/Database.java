package conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A MariaDB of the suite's own, on a free port of loopback, its data in a temporary folder. It
 * holds the barrier table of DTM's clients and accounts.
 */
final class Database implements AutoCloseable {
  private static final int ATTEMPTS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** The barrier table as DTM's clients expect it; the names are theirs. */
  private static final List<String> SCHEMA =
      List.of(
          "CREATE DATABASE dtm_barrier",
          "CREATE TABLE dtm_barrier.barrier (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
              + " trans_type VARCHAR(45) DEFAULT '', gid VARCHAR(128) DEFAULT '',"
              + " branch_id VARCHAR(128) DEFAULT '', op VARCHAR(45) DEFAULT '',"
              + " barrier_id VARCHAR(45) DEFAULT '', reason VARCHAR(45) DEFAULT '',"
              + " create_time DATETIME DEFAULT now(), update_time DATETIME DEFAULT now(),"
              + " UNIQUE KEY (gid, branch_id, op, barrier_id))",
          "CREATE DATABASE bank",
          "CREATE TABLE bank.account (name VARCHAR(128) PRIMARY KEY, balance INT NOT NULL)");

  private final Path folder = Files.createTempDirectory("conformance-java-");
  private Process process;
  private int port;

  Database() throws IOException, InterruptedException, SQLException {
    try {
      install();
      start();
      for (String statement : SCHEMA) {
        execute(statement);
      }
    } catch (IOException | InterruptedException | SQLException | RuntimeException error) {
      close();
      throw error;
    }
  }

  @Override
  public void close() throws IOException {
    if (process != null) {
      process.destroy();
      process.onExit().join();
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** A connection whose schema is `schema`; "" for none. */
  Connection connect(String schema) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:mariadb://127.0.0.1:" + port + "/" + schema, "root", "");
  }

  void execute(String statement) throws SQLException {
    try (Connection connection = connect("");
        Statement made = connection.createStatement()) {
      made.execute(statement);
    }
  }

  /** The first column of every row, in the order of the statement. */
  List<String> column(String statement) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = connect("");
        Statement made = connection.createStatement();
        ResultSet rows = made.executeQuery(statement)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  private void install() throws IOException, InterruptedException {
    Process done =
        run(
            "install.log",
            "mariadb-install-db",
            "--no-defaults",
            "--datadir=" + folder.resolve("data"),
            "--user=" + System.getProperty("user.name"),
            "--auth-root-authentication-method=normal",
            "--skip-test-db");
    if (done.waitFor() != 0) {
      throw new IOException("mariadb-install-db: " + Files.readString(log("install.log")));
    }
  }

  private void start() throws IOException, InterruptedException {
    // Somebody else may take the free port first: hence the attempts.
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
      port = freePort();
      process =
          run(
              "log",
              "mariadbd",
              "--no-defaults",
              "--datadir=" + folder.resolve("data"),
              "--user=" + System.getProperty("user.name"),
              "--bind-address=127.0.0.1",
              "--port=" + port,
              "--socket=" + folder.resolve("sock"),
              "--pid-file=" + folder.resolve("pid"));
      if (answers()) {
        return;
      }
    }
    throw new IOException("mariadbd did not come up: " + Files.readString(log("log")));
  }

  /** Waits until it accepts connections; false when it ended instead. */
  private boolean answers() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive() && System.nanoTime() < deadline) {
      try {
        execute("SELECT 1");
        return process.isAlive();
      } catch (SQLException notYet) {
        Thread.sleep(PAUSE.toMillis());
      }
    }
    return false;
  }

  private Process run(String log, String... command) throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log(log).toFile())
        .start();
  }

  private Path log(String name) {
    return folder.resolve(name);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
