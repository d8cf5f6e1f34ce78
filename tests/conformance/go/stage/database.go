package stage

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	// The driver that the client library asks database/sql for.
	_ "github.com/go-sql-driver/mysql"
)

var database struct {
	once    sync.Once
	err     error
	process *process
	db      *sql.DB
	conf    dtmcli.DBConf
}

// The table of the barrier, by its name and columns what every client library expects (protocol
// 7.2), and one for what participants own.
var schema = []string{
	"create database dtm_barrier",
	`create table dtm_barrier.barrier (
		id bigint auto_increment primary key, trans_type varchar(45) default '', gid varchar(128) default '',
		branch_id varchar(128) default '', op varchar(45) default '', barrier_id varchar(45) default '',
		reason varchar(45) default '', create_time datetime default now(), update_time datetime default now(),
		unique key (gid, branch_id, op, barrier_id)) engine=innodb`,
	"create database business",
	`create table business.account (name varchar(128) primary key, balance bigint not null) engine=innodb`,
}

// DB is the participants' database: a MariaDB that the suite starts when the first test asks for it.
func DB(t *testing.T) *sql.DB {
	t.Helper()
	database.once.Do(func() { database.err = startDatabase(filepath.Join(theDirectory, "mariadb")) })
	if database.err != nil {
		t.Fatalf("MariaDB could not be started: %v", database.err)
	}
	return database.db
}

// DBConf is how the client library finds the same database by itself, for XA.
func DBConf(t *testing.T) dtmcli.DBConf {
	t.Helper()
	DB(t)
	return database.conf
}

func startDatabase(directory string) error {
	program := filepath.Join(os.Getenv(envSource), "tests", "mariadb", "server")
	if err := os.Mkdir(directory, 0o700); err != nil {
		return err
	}
	var err error
	database.process, err = tryStart(func() (*process, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		p, err := startProcess(directory, "mariadb", os.Environ(), program, directory, strconv.Itoa(port),
			"--innodb-buffer-pool-size=32M", "--max-connections=400")
		if err != nil {
			return nil, err
		}
		database.conf = dtmcli.DBConf{Driver: dtmcli.DBTypeMysql, Host: "127.0.0.1", Port: int64(port), User: "root"}
		database.db, err = sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port))
		if err != nil {
			return p, err
		}
		return p, p.waitReady(func() error { return isDatabaseAt(filepath.Join(directory, "data")) })
	})
	if err != nil {
		return err
	}
	for _, statement := range schema {
		if _, err := database.db.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// isDatabaseAt asks the server at the port which one it is: the port may have gone to another one.
func isDatabaseAt(data string) error {
	var found string
	if err := database.db.QueryRow("select @@datadir").Scan(&found); err != nil {
		return err
	}
	if filepath.Clean(found) != filepath.Clean(data) {
		return fmt.Errorf("another MariaDB is at this port, with %s", found)
	}
	return nil
}

func stopDatabase() {
	if database.db != nil {
		database.db.Close()
	}
	if database.process != nil {
		database.process.kill()
	}
}

// Account is money of one test.
type Account struct{ name string }

// NewAccount opens an account with a first balance.
func NewAccount(t *testing.T, name string, balance int) Account {
	t.Helper()
	account := Account{name: t.Name() + "/" + name}
	if _, err := DB(t).Exec("insert into business.account values (?, ?)", account.name, balance); err != nil {
		t.Fatal(err)
	}
	return account
}

// Executor is what a statement needs: *sql.DB and *sql.Tx are.
type Executor interface {
	Exec(query string, args ...interface{}) (sql.Result, error)
}

// Adjust adds to the balance, and is a failure in the protocol's sense where that made a debt.
func (a Account) Adjust(executor Executor, amount int) error {
	result, err := executor.Exec(
		"update business.account set balance = balance + ? where name = ? and balance + ? >= 0",
		amount, a.name, amount)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	if err == nil && changed != 1 {
		err = fmt.Errorf("account balance not enough %w", dtmcli.ErrFailure)
	}
	return err
}

// ExpectBalance checks what is left.
func (a Account) ExpectBalance(t *testing.T, want int) {
	t.Helper()
	var balance int
	row := DB(t).QueryRow("select balance from business.account where name = ?", a.name)
	if err := row.Scan(&balance); err != nil {
		t.Fatal(err)
	}
	if balance != want {
		t.Errorf("%s has %d, want %d", a.name, balance, want)
	}
}

// AwaitDisconnect waits until a connection is gone from the database. What it had prepared can be
// committed by another one only then: until then MariaDB says that it knows no such transaction.
func AwaitDisconnect(db *sql.DB, connection int64) error {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		var count int
		row := db.QueryRow("select count(*) from information_schema.processlist where id = ?", connection)
		if err := row.Scan(&count); err != nil {
			return err
		}
		if count == 0 {
			return nil
		}
		time.Sleep(pollInterval)
	}
	return fmt.Errorf("connection %d is still there", connection)
}
