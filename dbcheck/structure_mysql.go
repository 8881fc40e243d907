package dbcheck

import "strings"

func (mysqlDialect) parts() []part {
	return []part{
		{"tables", `SELECT TABLE_NAME, LOWER(IFNULL(ENGINE, '')) FROM information_schema.TABLES
			WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`, plain("table")},
		{"columns", `SELECT CONCAT(c.TABLE_NAME, '.', c.COLUMN_NAME),
			CONCAT_WS('\t', c.COLUMN_TYPE, c.IS_NULLABLE, IFNULL(c.COLUMN_DEFAULT, 'NULL'), c.EXTRA, IFNULL(c.GENERATION_EXPRESSION, ''))
			FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
			WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE'`, addColumn},
		{"indexes", `SELECT CONCAT(TABLE_NAME, '.', INDEX_NAME), CONCAT(IF(NON_UNIQUE, '', 'unique '), MIN(INDEX_TYPE), ' (',
			GROUP_CONCAT(CONCAT(COLUMN_NAME, IFNULL(CONCAT('(', SUB_PART, ')'), '')) ORDER BY SEQ_IN_INDEX), ')')
			FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME, INDEX_NAME, NON_UNIQUE`, plain("index")},
		{"foreign keys", `SELECT CONCAT(k.TABLE_NAME, '.', k.CONSTRAINT_NAME), CONCAT('(', GROUP_CONCAT(k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION),
			') references ', MIN(k.REFERENCED_TABLE_NAME), ' (', GROUP_CONCAT(k.REFERENCED_COLUMN_NAME ORDER BY k.ORDINAL_POSITION),
			') on update ', REPLACE(MIN(r.UPDATE_RULE), 'NO ACTION', 'RESTRICT'), ' on delete ', REPLACE(MIN(r.DELETE_RULE), 'NO ACTION', 'RESTRICT'))
			FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
			ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
			WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL GROUP BY k.TABLE_NAME, k.CONSTRAINT_NAME`, plain("foreign key")},
		{"routines", `SELECT CONCAT(LOWER(r.ROUTINE_TYPE), ' ', r.ROUTINE_NAME), CONCAT('(', IFNULL((
			SELECT GROUP_CONCAT(CONCAT_WS(' ', p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER) ORDER BY p.ORDINAL_POSITION SEPARATOR ', ')
			FROM information_schema.PARAMETERS p WHERE p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA AND p.SPECIFIC_NAME = r.ROUTINE_NAME
			AND p.ROUTINE_TYPE = r.ROUTINE_TYPE AND p.ORDINAL_POSITION > 0), ''), ') ', IFNULL(r.DTD_IDENTIFIER, ''), '\t', IFNULL(r.ROUTINE_DEFINITION, CHAR(0)))
			FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = DATABASE()`, addRoutine},
		{"triggers", `SELECT TRIGGER_NAME, CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION, ' on ', EVENT_OBJECT_TABLE, '\t', ACTION_STATEMENT)
			FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()`, addBody("trigger", mysqlToken)},
		{"views", `SELECT TABLE_NAME, CONCAT('\t', IFNULL(NULLIF(VIEW_DEFINITION, ''), CHAR(0))) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`, addBody("view", mysqlToken)},
		{"events", `SELECT EVENT_NAME, CONCAT(STATUS, '\t', IFNULL(EVENT_DEFINITION, CHAR(0))) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()`, addBody("event", mysqlToken)},
	}
}

func addColumn(s Structure, name, is string) {
	f := strings.SplitN(is, "\t", 5)
	for len(f) < 5 {
		f = append(f, "")
	}
	s["column "+name] = column(f[0], f[1] == "YES", f[2], f[3], f[4])
}

// addRoutine adds a procedure or function; its name comes with the kind.
func addRoutine(s Structure, name, is string) {
	head, body, _ := strings.Cut(is, "\t")
	addBody("", mysqlToken)(s, name, parameterWidth.ReplaceAllString(head, "$1")+"\t"+body)
}
