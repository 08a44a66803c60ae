mkdir -p e/one e/two/three
chmod 711 e/one
chmod 1777 e/two
